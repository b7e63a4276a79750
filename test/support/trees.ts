/** Trees of tasks as tests make and walk them. */
import type { ApiUnderTest } from './api-under-test.ts';
import type { Caller, Json, Run } from './caller.ts';
import { eventually } from './caller.ts';

/** Work that nobody needs to see is done as soon as it is handed in. */
export const NO_REVIEW = { review: { policy: 'none' } };

/** A step that is done when it is handed in. */
export const step = (title: string, also: object = {}) => ({ title, ...NO_REVIEW, ...also });

/** A new tree; answers its root. */
export const plant = (by: Caller, root: object): Promise<Json> => by.create({ title: 'An epic', ...root });

/** The sub-tasks of a task as it tells of them now, by title. */
export async function childrenOf(by: Caller, taskId: string): Promise<Record<string, Json>> {
  const { children } = await by.read(taskId);
  return Object.fromEntries(children.map((child: Json) => [child.title, child]));
}

/** The sub-tasks' states once they are these, in their order; a parent hears of its sub-tasks a moment later. */
export const eventuallyAre = (by: Caller, taskId: string, states: string[]): Promise<Json> =>
  eventually(
    () => by.read(taskId),
    ({ children }) => JSON.stringify(children.map(({ status }: Json) => status)) === JSON.stringify(states),
  );

export const eventuallyIs = (by: Caller, taskId: string, status: string): Promise<Json> =>
  eventually(
    () => by.read(taskId),
    (task) => task.status === status,
  );

/** Claims, which may have to wait for the gate to open, and hands in. */
export async function work({ alice }: ApiUnderTest, taskId: string): Promise<Json> {
  const run = await takeTurn(alice, taskId);
  return await alice.must(run.complete());
}

/** Claims it once its gate is open, which is a moment after what it waited for was done. */
async function takeTurn(agent: Caller, taskId: string): Promise<Run> {
  await eventually(
    () => agent.read(taskId),
    ({ gate }) => gate === null,
  );
  return await agent.claim(taskId);
}

/** Claims and gives up for good. */
export async function fail({ alice }: ApiUnderTest, taskId: string): Promise<Json> {
  const run = await takeTurn(alice, taskId);
  return await alice.must(run.fail({ reasonCode: 'out_of_scope', blocker: 'The jar is gone.' }));
}
