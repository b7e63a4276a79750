import { describe, expect, test } from 'vitest';
import { approvalUpdate } from '../../workflows/approval.ts';
import { WAKE_REASONS } from '../../workflows/agent-record.ts';
import { APPROVAL, json } from '../support/entities.ts';
import { patiently } from '../support/patience.ts';
import { ada, bob, olga, rita } from '../support/task-fixture.ts';
import type { TestWorker } from '../support/test-worker.ts';
import { describeOnWorkers } from '../support/worker.ts';

const aCompany = () => `company-${crypto.randomUUID()}`;
const lines = (wakes: { reasons: string[]; count: number }[]) =>
  wakes.map(({ reasons, count }) => `${reasons.join(' ')} ${count}`);

describeOnWorkers('an agent that a task has something for', (baton) => {
  test('is woken by it, whether anybody knew of the agent or not', async () => {
    const company = aCompany();
    const task = await baton.create({ assignee: 'ada' }, { company });
    const agent = await baton.agentOf(company, 'ada');
    const record = await agent.until(({ wakes }) => wakes.length > 0);
    expect(record).toMatchObject({
      id: 'ada',
      company,
      registered: false,
      profile: { name: 'ada', role: 'agent' },
      wakes: [{ reasons: ['assignment'], taskId: task.id, count: 1 }],
    });
    expect(await agent.page()).toContain(`assignment** about task ${task.id}`);
    // Registered after that, it is the same agent.
    const profile = { name: 'Ada', role: 'engineer', reportsTo: 'bob' };
    expect(await agent.update('put_profile', { profile })).toMatchObject({
      registered: true,
      profile,
      wakes: [{ taskId: task.id }],
    });
    await task.do('comment', olga, { comment: '@ada', mentions: ['ada'] });
    await task.claim(ada);
    await task.do('report_progress', ada, { blockers: 'no beans' });
    await agent.until(({ wakes }) => wakes[0]?.count === 2);
    const manager = await baton.agentOf(company, 'bob');
    expect(lines((await manager.until(({ wakes }) => wakes.length > 0)).wakes)).toEqual(['escalation 1']);
  });

  test('hears of its sub-tasks, and of the changes that somebody wants', async () => {
    const company = aCompany();
    const child = {
      id: crypto.randomUUID(),
      definition: { title: 'Part', review: { policy: 'none' as const } },
    };
    const task = await baton.create(
      { review: { policy: 'required', rework: 'same_task' } },
      { company, children: [child] },
    );
    await task.do('edit', olga, { edit: { assignee: 'ada' } });
    await task.claim(ada);
    const part = baton.open(child.id);
    await part.untilStarted();
    await part.claim(bob);
    await part.do('mark_complete', bob);
    await part.final();
    await task.until(({ children }) => children[0]!.status === 'done');
    await task.do('mark_complete', ada);
    await task.do('request_changes', rita);
    const agent = await baton.agentOf(company, 'ada');
    const { wakes } = await agent.until(({ wakes: [wake] }) => wake?.count === 3);
    expect(wakes).toMatchObject([
      { taskId: task.id, reasons: ['assignment', 'children_finished', 'changes_requested'] },
    ]);
  });

  test('is woken when somebody decides on what it asked for', async () => {
    const company = aCompany();
    const asked = { ...APPROVAL, id: crypto.randomUUID(), company, issueIds: ['task-1'] };
    const { handle } = await baton.startRaw(json(asked), 'approval');
    const take = (step: string, actor: object) =>
      handle.executeUpdate(approvalUpdate, {
        args: [{ messageId: crypto.randomUUID(), actor, step } as never],
      });
    await take('request_revision', olga);
    await take('resubmit', ada);
    await take('approve', olga);
    await handle.result();
    const agent = await baton.agentOf(company, 'ada');
    expect((await agent.until(({ wakes: [wake] }) => wake?.count === 2)).wakes).toMatchObject([
      { approvalId: asked.id, approvalStatus: 'approved', linkedIssueIds: ['task-1'] },
    ]);
  });

  test('does not hear twice what comes twice, nor of what can not be read', async () => {
    const agent = await baton.startAgent();
    const wake = { reason: 'manual' as const, taskId: 'task-1' };
    await Promise.all([1, 2, 3].map(() => agent.signal('wake', wake, 'same')));
    await Promise.all(
      WAKE_REASONS.map((reason) => agent.signal('wake', { ...wake, reason }, `each-${reason}`)),
    );
    for (const args of [[], [null], [{}], [{ messageId: 'x', reason: 'none' }], [{ messageId: 7 }]]) {
      for (const name of ['wake', 'run_ended', 'spent', 'put_profile', 'no_such_signal'])
        await agent.handle.signal(name, ...args);
    }
    const { wakes } = await agent.until(
      ({ wakes: [first] }) => (first?.count ?? 0) >= WAKE_REASONS.length + 1,
    );
    expect(wakes).toMatchObject([{ count: WAKE_REASONS.length + 1 }]);
    expect(await agent.page()).toContain('Ignored message:** no_such_signal');
    expect((await agent.update('handled', { wakeId: wakes[0]!.id })).wakes).toEqual([]);
  });

  test('that spends its budget is paused, and its run with it', async () => {
    const agent = await baton.startAgent({ profile: { name: 'Ada', role: 'engineer', budget: { usd: 1 } } });
    const { company } = await agent.until(() => true);
    const task = await baton.create({}, { company });
    const { id: runId } = await task.claim(ada);
    const spent = { runId, taskId: task.id, usd: 0.6, tokens: 10 };
    await agent.signal('spent', spent, 'first');
    await agent.signal('spent', spent, 'first');
    expect((await agent.until(({ spending }) => spending !== undefined)).spending).toMatchObject({
      usd: 0.6,
    });
    await agent.signal('spent', spent);
    expect(await task.final()).toMatchObject({
      status: 'failed',
      failure: { reasonCode: 'budget_exhausted' },
      endedRuns: [{ id: runId, end: 'budget_exhausted' }],
    });
    await patiently(
      async () => (await agent.page()).includes('State:** paused'),
      'It should have been paused.',
    );
    const raised = { name: 'Ada', role: 'engineer', budget: { usd: 2 } };
    await agent.update('put_profile', { profile: raised });
    expect(await agent.page()).toContain('State:** idle');
  });

  test('is woken by the clock', async () => {
    const agent = await baton.startAgent({ updatedAt: new Date().toISOString() });
    await agent.update('put_profile', {
      profile: { name: 'Ada', role: 'engineer', limits: { heartbeatSeconds: 5 } },
    });
    const [first] = (await agent.until(({ wakes }) => wakes.length > 0)).wakes;
    expect(first).toMatchObject({ reasons: ['timer'] });
    await agent.update('handled', { wakeId: first!.id });
    const [second] = (await agent.until(({ wakes }) => wakes.length > 0)).wakes;
    expect(second!.id).not.toBe(first!.id);
  });
});

describeOnWorkers(
  'an agent that continues as new',
  (baton) => {
    /** Changes the agent again and again, each time with a lot of history. */
    async function renew(
      agent: Awaited<ReturnType<TestWorker['startAgent']>>,
      meanwhile: () => Promise<unknown>,
    ) {
      for (let i = 0; !(await agent.hasContinued()); i += 1) {
        if (i === 60) throw new Error('It should have continued as new.');
        const adapter = String(i % 10).repeat(10_000);
        const put = agent.update('put_profile', { profile: { name: 'Ada', role: 'engineer', adapter } });
        await Promise.all([put, meanwhile()]);
      }
    }

    test('keeps all that waits for it, and what comes at that very moment, and knows what came before', async () => {
      const agent = await baton.startAgent();
      const { company } = await agent.until(() => true);
      let sent = 0;
      const wake = (i: number) =>
        agent.signal('wake', { reason: 'mention', taskId: `task-${i}` }, `wake-${i}`);
      await agent.signal('spent', { runId: 'r', taskId: 't', usd: 1, tokens: 2 }, 'cost');
      await renew(agent, async () => {
        await Promise.all([wake((sent += 1)), wake((sent += 1))]);
      });
      const told = await baton.create({ assignee: 'ada' }, { company });
      await agent.until(({ wakes }) => wakes.some(({ taskId }) => taskId === told.id));
      // All of it once more, as a retry would.
      for (let i = 1; i <= sent; i += 1) await wake(i);
      await agent.signal('spent', { runId: 'r', taskId: 't', usd: 1, tokens: 2 }, 'cost');
      const { wakes, spending } = await agent.update('pause');
      expect(wakes.every(({ count }) => count === 1)).toBe(true);
      expect(new Set(wakes.map(({ taskId }) => taskId))).toEqual(
        new Set([told.id, ...Array.from({ length: sent }, (_, i) => `task-${i + 1}`)]),
      );
      expect(spending).toMatchObject({ usd: 1, tokens: 2 });
    });
  },
  { hasty: true },
);

describeOnWorkers(
  'wakes, whatever becomes of the worker',
  (baton) => {
    describe('while it is down', () => {
      test('they reach the agent once it is back, and each once', async () => {
        const company = aCompany();
        const before = await baton.create({ assignee: 'ada' }, { company });
        const agent = await baton.agentOf(company, 'ada');
        await agent.until(({ wakes }) => wakes.length === 1);
        await baton.stopWorking();
        const tasks = await Promise.all([1, 2, 3].map(() => baton.create({ assignee: 'ada' }, { company })));
        await before.signal('comment', bob, { comment: '@ada', mentions: ['ada'] });
        await agent.signal('wake', { reason: 'manual' }, 'by-hand');
        await baton.startWorking();
        await agent.until(({ wakes }) => wakes.length === 5 && wakes[0]!.count === 2);
        await baton.restart();
        const { wakes } = await agent.update('resume');
        expect(new Set(wakes.map(({ taskId, count }) => `${taskId} ${count}`))).toEqual(
          new Set([`${before.id} 2`, ...tasks.map(({ id }) => `${id} 1`), 'undefined 1']),
        );
      });

      test('a task does not close before it has told', async () => {
        const company = aCompany();
        await baton.stopWorking();
        const task = await baton.create({}, { company });
        await task.signal('comment', bob, { comment: '@ada', mentions: ['ada'] });
        await task.handle.cancel();
        await baton.startWorking();
        expect((await task.final()).status).toBe('cancelled');
        const agent = await baton.agentOf(company, 'ada');
        await agent.until(({ wakes }) => wakes.length === 1);
      });
    });
  },
  { sideBySide: false },
);
