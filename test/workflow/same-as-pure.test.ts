import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message, MessageName, Outcome } from '../../workflows/messages.ts';
import { receive } from '../../workflows/receive.ts';
import { cancelRequested } from '../../workflows/occur.ts';
import type { Task } from '../../workflows/task-record.ts';
import { NOTICES } from '../../workflows/task-state.ts';
import { argumentsNow, definitions, timelessLives } from '../support/arbitrary-steps.ts';
import type { Step } from '../support/arbitrary-steps.ts';
import { REQUIRED, runOf } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';
import type { TestWorker } from '../support/test-worker.ts';

const TIME = /"\d{4}-\d\d-\d\dT[\d:.]+Z"/g;
const DURATION = /("wallSeconds":)[\d.]+/g;
const ID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
/** Without what can not be the same: times, and the ids that the workflow mints. */
const comparable = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value).replaceAll(TIME, '"now"').replaceAll(DURATION, '$1 0').replaceAll(ID, 'minted'),
  );
const UPDATES: MessageName[] = ['claim', 'edit'];
const typeOf = (outcome: Outcome) => (outcome === 'accepted' ? outcome : outcome.type);

/** Lives the life twice, in a workflow and on paper, and compares after every step. */
async function live(baton: TestWorker, definition: Parameters<TestWorker['create']>[0], steps: Step[]) {
  // It stays open when it has ended, so that later messages get an answer, and no time limit gets in the way.
  const real = await baton.create({ ...definition, settleSeconds: 600, cancelGraceSeconds: 600 });
  let paper: Task = await real.view();
  const moment = () => ({ now: new Date().toISOString(), mintId: () => crypto.randomUUID() });
  for (const [i, step] of steps.entries()) {
    if (step.do === 'cancel') {
      await real.cancel();
      paper = cancelRequested(paper, moment().now);
    } else if (step.do === 'send') {
      const runId = step.name === 'claim' ? `run-${i}` : runOf(paper, step.name, step.actor);
      // Nobody launches anything here, and a launch that nobody takes up is over as soon as it is cancelled.
      const args = { messageId: `message-${i}`, runId, ...argumentsNow(step, paper), launch: undefined };
      const message = { name: step.name, actor: step.actor, ...REQUIRED[step.name], ...args };
      const { task, outcome } = receive(paper, message as unknown as Message, moment());
      // An update that is refused leaves no trace.
      if (outcome === 'accepted' || !UPDATES.includes(step.name)) paper = task;
      const answer = await real.send(step.name, step.actor, args);
      // What approvals tell a task is not remembered; what it comes to shows in the task.
      if (!Object.hasOwn(NOTICES, step.name)) expect(typeOf(answer), `step ${i}`).toBe(typeOf(outcome));
    }
    expect(comparable(await real.view()), `step ${i}`).toEqual(comparable({ ...paper, remembered: [] }));
  }
}

describeOnWorkers('a random life', (baton) => {
  test('is the same in the workflow as on paper', async () => {
    const same = fc.asyncProperty(definitions, timelessLives(14), (definition, steps) =>
      live(baton, definition, steps),
    );
    await expect(fc.assert(same, { numRuns: 12, endOnFailure: true })).resolves.toBeUndefined();
  });
});
