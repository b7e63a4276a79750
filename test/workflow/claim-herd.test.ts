import { temporal } from '@temporalio/proto';
import { expect, test } from 'vitest';
import type { Actor } from '../../workflows/actor.ts';
import type { Outcome } from '../../workflows/messages.ts';
import { describeOnWorkers } from '../support/worker.ts';

const herd: Actor[] = Array.from({ length: 50 }, (_, i) => ({ id: `agent-${i}`, role: 'agent' }));
const holder: Actor = { id: 'holder', role: 'agent' };

const { EventType } = temporal.api.enums.v1;
const WORKFLOW_TASK = [
  EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
];
const LEASE_STARTED = EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED;

describeOnWorkers('fifty agents that claim one task at once', (baton) => {
  test('have one winner, and the losers are told who it is', async () => {
    const task = await baton.create();
    const outcomes = await Promise.all(herd.map((agent) => task.send('claim', agent)));
    const winners = herd.filter((_, i) => outcomes[i] === 'accepted');
    expect(winners).toHaveLength(1);
    const [winner] = winners;
    expect((await task.view()).run?.agent).toBe(winner!.id);
    const losses = outcomes.filter(
      (outcome): outcome is Exclude<Outcome, 'accepted'> => outcome !== 'accepted',
    );
    expect(losses).toHaveLength(49);
    for (const loss of losses) expect(loss).toMatchObject({ type: 'held', holder: winner!.id });
  });

  test('leave no event of the losers, only that of the winner', async () => {
    const [crowded, quiet] = [await baton.create(), await baton.create()];
    const eventsAfter = async (task: typeof crowded, agents: Actor[]) => {
      await Promise.all(agents.map((agent) => task.send('claim', agent)));
      const types = (await task.events()).map(({ eventType }) => eventType);
      // How many workflow tasks a herd takes is up to the server, and the lease may start a moment later.
      return types.filter((type) => ![...WORKFLOW_TASK, LEASE_STARTED].includes(type!));
    };
    expect(await eventsAfter(crowded, herd)).toEqual(await eventsAfter(quiet, herd.slice(0, 1)));
  });

  test('leave no event at all once the task is held and in memory, else one workflow task for all', async () => {
    const task = await baton.create();
    await task.claim(holder);
    await task.view();
    const before = await task.events();
    const outcomes = await Promise.all(herd.map((agent) => task.send('claim', agent)));
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toEqual([]);
    const added = (await task.events()).slice(before.length).map(({ eventType }) => eventType);
    expect(baton.keepsWorkflows ? [[]] : [[], WORKFLOW_TASK]).toContainEqual(added);
  });
});

describeOnWorkers(
  'agents that claim a task before any worker has seen it',
  (baton) => {
    test('have one winner too', async () => {
      await baton.stopWorking();
      const task = await baton.create();
      const claims = Promise.all(herd.slice(0, 5).map((agent) => task.send('claim', agent)));
      await baton.startWorking();
      expect((await claims).filter((outcome) => outcome === 'accepted')).toHaveLength(1);
      expect((await task.view()).status).toBe('assigned');
    });
  },
  { sideBySide: false },
);
