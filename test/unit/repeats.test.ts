/** Which run a repeated wish gets, whatever this process and others have seen of it. */
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { createRepeats } from '../../api/services/repeats.ts';
import type { Engine } from '../../api/services/engine.ts';
import type { Reader } from '../../api/services/reading.ts';
import type { Claimed } from '../../api/services/take-up.ts';
import { claimOf } from '../../api/services/wish.ts';
import type { Wish } from '../../api/services/wish.ts';
import { uuidFrom } from '../../api/idempotency.ts';
import { newTask } from '../../workflows/task-record.ts';
import type { Run, Task } from '../../workflows/task-record.ts';
import { olga } from '../support/task-fixture.ts';

const TIMEOUT_MS = 1_000;
const NOW = new Date().toISOString();
const principal = { id: 'alice', role: 'agent' as const, company: 'acme' };
const wish: Wish = {
  request: { principal, key: 'once' },
  leaseSeconds: undefined,
  operation: 'dequeue q',
  hungUp: new AbortController().signal,
};
const first = uuidFrom('run', 'acme', 'alice', 'once', 'dequeue q');
const second = uuidFrom('run', first, 1);

const run = (id: string): Run => ({
  id,
  agent: 'alice',
  attempt: 1,
  leaseSeconds: 60,
  startedAt: NOW,
  checkpointAt: NOW,
});

function aTask(id: string, held: string | undefined, neverStarted: string[] = []): Task {
  const task = newTask(id, { definition: { title: id }, company: 'acme', createdBy: olga }, NOW);
  const endedRuns = neverStarted.map((each) => ({
    ...run(each),
    endedAt: NOW,
    end: 'never_started' as const,
  }));
  const remembered = [first, second].map((runId) => {
    const { messageId, contentHash } = claimOf(id, { ...wish, runId }, TIMEOUT_MS);
    return { id: messageId, hash: contentHash, outcome: 'accepted' as const };
  });
  return { ...task, endedRuns, remembered, ...(held && { status: 'assigned', run: run(held) }) };
}

/** A process that has tried these runs, in a company with these tasks; answers what a repeat comes to. */
async function repeated(tried: Record<string, string>, all: Task[]) {
  const list = async () => ({
    executions: all.flatMap(({ id, run: held, endedRuns }) => {
      const last = held?.id ?? endedRuns.at(-1)?.id;
      if (last === undefined) return [];
      const indexedFields = { TaskRun: defaultPayloadConverter.toPayload(last) };
      return [{ execution: { workflowId: id }, searchAttributes: { indexedFields } }];
    }),
  });
  const repeats = createRepeats({
    engine: { list } as unknown as Pick<Engine, 'list'>,
    reader: { task: async (_who: unknown, id: string) => all.find((each) => each.id === id)! } as Reader,
    takeUp: async (task, { id }) => ({ task, runId: id }) as Claimed,
    timeoutMs: TIMEOUT_MS,
  });
  for (const [runId, taskId] of Object.entries(tried)) repeats.tried(runId, taskId);
  const claimed = await repeats.once(
    wish,
    async ({ runId }) => ({ runId, task: { id: 'a new one' } }) as Claimed,
  );
  return { task: claimed?.task.id, run: claimed?.runId };
}

test.each([
  ['nothing is known', {}, [aTask('one', undefined)], { task: 'a new one', run: first }],
  ['this process knows its task', { [first]: 'one' }, [aTask('one', first)], { task: 'one', run: first }],
  ['only lists know its task', {}, [aTask('one', first)], { task: 'one', run: first }],
  [
    'a race for one task was lost here, and another got elsewhere',
    { [first]: 'one' },
    [aTask('one', 'another’s'), aTask('other', first)],
    { task: 'other', run: first },
  ],
  [
    'its run never started',
    { [first]: 'one' },
    [aTask('one', undefined, [first])],
    { task: 'a new one', run: second },
  ],
  [
    'its run never started, and another process got the next one',
    { [first]: 'one' },
    [aTask('one', undefined, [first]), aTask('other', second)],
    { task: 'other', run: second },
  ],
  [
    'the run after one that never started is of the same task',
    { [first]: 'one' },
    [aTask('one', second, [first])],
    { task: 'one', run: second },
  ],
])('when %s', async (_what, tried, all, expected) => {
  expect(await repeated(tried, all)).toEqual(expected);
});
