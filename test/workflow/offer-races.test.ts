import { expect, test } from 'vitest';
import type { Actor } from '../../workflows/actor.ts';
import { ada, bob, olga } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

/** They go on until chance has had its way. */
const PATIENT = { timeout: 180_000 };

/** As long as chance wants, so that sometimes one comes first and sometimes the other. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 15));

describeOnWorkers(
  'an answer to an offer and something else at the same time',
  (baton) => {
    // Without a memory each round is slower than the one before.
    const rounds = baton.keepsWorkflows ? 20 : 8;

    test('a claim by id: one of both holds the task, and the other knows', PATIENT, async () => {
      const winners = new Set<string>();
      const queue = baton.workQueue();
      const task = await baton.create({ queue: queue.id });
      // Until each has come first at least once, if that does not take for ever.
      const most = baton.keepsWorkflows ? 3 * rounds : rounds;
      for (let round = 0; round < rounds || (winners.size < 2 && round < most); round += 1) {
        const held = await queue.next(ada);
        const runId = crypto.randomUUID();
        const [outcome] = await Promise.all([
          aMoment().then(() => task.send('claim', bob, { runId })),
          aMoment().then(() => held.claim()),
        ]);
        const { run, endedRuns } = await task.view();
        expect(run, 'somebody holds it').toBeDefined();
        expect(outcome === 'accepted', 'he who claimed it by its id knows whether it is he').toBe(
          run?.id === runId,
        );
        expect(endedRuns.length, 'nobody else ever did').toBe(Math.min(round, 20));
        winners.add(run!.agent);
        await task.untilAlive(run!.id);
        await task.do('release', { id: run!.agent, role: 'agent' }, { runId: run!.id });
      }
      expect((await task.view()).status).toBe('queued');
      if (baton.keepsWorkflows) expect([...winners].toSorted()).toEqual(['ada', 'bob']);
    });

    test('an edit that moves it elsewhere: it is held, or offered there', async () => {
      const [here, there] = [baton.workQueue(), baton.workQueue()];
      const task = await baton.create({ queue: here.id });
      for (let round = 0; round < rounds / 2; round += 1) {
        const held = await (round % 2 === 0 ? here : there).next(ada);
        const queue = round % 2 === 0 ? there.id : here.id;
        await Promise.all([
          aMoment().then(() => task.do('edit', olga, { edit: { queue } })),
          aMoment().then(() => held.claim()),
        ]);
        const { run, definition } = await task.view();
        expect(definition.queue).toBe(queue);
        expect((await task.offer()) === undefined, 'held or offered, never both').toBe(run !== undefined);
        if (run) {
          await task.untilAlive(run.id);
          await task.do('release', ada, { runId: run.id });
        }
      }
    });

    test('a cancellation: it ends, whoever comes first', async () => {
      for (let round = 0; round < rounds / 4; round += 1) {
        const queue = baton.workQueue();
        const task = await baton.create({ queue: queue.id, cancelGraceSeconds: 0 });
        const held = await queue.next(ada);
        await Promise.all([aMoment().then(() => task.handle.cancel()), aMoment().then(() => held.claim())]);
        expect((await task.final()).status).toBe('cancelled');
      }
    });

    test('a whole crowd, by both doors: each run ends before the next begins', PATIENT, async () => {
      const queue = baton.workQueue();
      const tasks = await Promise.all(
        Array.from({ length: 4 }, () => baton.create({ queue: queue.id, review: { policy: 'none' } })),
      );
      const isOpen = async (task: (typeof tasks)[number]) =>
        (await task.handle.describe()).status.name === 'RUNNING';
      const work = async (task: (typeof tasks)[number], agent: Actor, runId: string) => {
        const { run } = await task.view();
        if (run?.id !== runId) return;
        await task.untilAlive(runId);
        await task.send(Math.random() < 0.5 ? 'release' : 'mark_complete', agent, { runId });
      };
      const byQueue = async (agent: Actor) => {
        for (let held = await queue.glance(agent); held; held = await queue.glance(agent)) {
          await work(baton.open(held.id), agent, (await held.claim()) ?? '');
        }
      };
      const byId = async (agent: Actor) => {
        for (const task of tasks) {
          const runId = crypto.randomUUID();
          if (!(await isOpen(task))) continue;
          const outcome = await task.send('claim', agent, { runId }).catch(() => 'closed meanwhile');
          if (outcome === 'accepted') await work(task, agent, runId);
        }
      };
      for (let open = tasks; open.length > 0;) {
        await Promise.all([
          ...['q1', 'q2', 'q3'].map((id) => byQueue({ id, role: 'agent' })),
          ...['i1', 'i2'].map((id) => byId({ id, role: 'agent' })),
        ]);
        const stillOpen = await Promise.all(tasks.map(isOpen));
        open = tasks.filter((_, i) => stillOpen[i]);
      }
      for (const task of tasks) {
        const { status, endedRuns, attempts } = await task.final();
        expect({ status, attempts }).toEqual({ status: 'done', attempts: 0 });
        for (const [i, run] of endedRuns.entries())
          expect(run.startedAt >= (endedRuns[i - 1]?.endedAt ?? ''), `run ${i} of ${task.id}`).toBe(true);
        expect(endedRuns.filter(({ end }) => end === 'completed')).toHaveLength(1);
      }
    });
  },
  { sideBySide: false },
);
