/** The paths of agents that are woken and launched, and of what wakes them. */
import { approvalUpdate } from '../../workflows/approval.ts';
import { APPROVAL, json } from '../support/entities.ts';
import type { RealAgent } from '../support/real-agent.ts';
import type { RealTask } from '../support/real-task.ts';
import { SetupError } from '../../scripts/setup-error.ts';
import { ada, bob, olga } from '../support/task-fixture.ts';
import type { TestWorker } from '../support/test-worker.ts';
import type { Paths } from './path.ts';

/** No runner has this name, so that nothing is launched. */
const PROCESS = { type: 'process', launcher: 'claude', runner: 'nobody' };
const mention = { reason: 'mention', taskId: 'task-1', commentId: 'c1' } as const;

const aCompany = () => `company-${crypto.randomUUID()}`;

/** The agent as it ends: somebody cancels it. */
async function ended(baton: TestWorker, { handle }: RealAgent): Promise<RealTask> {
  await handle.cancel();
  return baton.open(handle.workflowId);
}

const launched = (baton: TestWorker, also: object = {}): Promise<RealAgent> =>
  baton.startAgent({ profile: { name: 'Ada', role: 'engineer', adapter: PROCESS, reportsTo: 'bob', ...also } });

export const WAKE_PATHS: Paths = {
  async 'agent-woken'(baton) {
    const agent = await baton.startAgent();
    await agent.signal('wake', mention, 'w1');
    await agent.signal('wake', mention, 'w1');
    await agent.handle.signal('wake', { reason: 'none' });
    await agent.update('pause', { note: 'Holidays.' });
    await agent.signal('wake', { reason: 'manual' });
    await agent.update('resume');
    await agent.update('handled', { wakeId: 'w1' });
    await agent.update('call', { taskId: 'task-2' });
    await agent.update('terminate');
    return await ended(baton, agent);
  },

  async 'agent-begun-by-a-task'(baton) {
    const company = aCompany();
    const task = await baton.create({ assignee: 'ada' }, { company });
    const agent = await baton.agentOf(company, 'ada');
    await agent.until(({ wakes }) => wakes.length === 1);
    await task.cancel();
    await agent.update('put_profile', { profile: { name: 'Ada', role: 'engineer' } });
    return await ended(baton, agent);
  },

  async 'agent-woken-by-the-clock'(baton) {
    const agent = await baton.startAgent({ updatedAt: new Date().toISOString() });
    const profile = { name: 'Ada', role: 'engineer', limits: { heartbeatSeconds: 5 } };
    await agent.update('put_profile', { profile });
    const { wakes } = await agent.until((record) => record.wakes.length > 0);
    await agent.update('handled', { wakeId: wakes[0]!.id });
    return await ended(baton, agent);
  },

  async 'agent-that-spent-its-budget'(baton) {
    const agent = await baton.startAgent({ profile: { name: 'Ada', role: 'engineer', budget: { usd: 1 } } });
    const { company } = await agent.until(() => true);
    const task = await baton.create({}, { company });
    const { id: runId } = await task.claim(ada);
    await agent.signal('spent', { runId, taskId: task.id, usd: 2, tokens: 1 });
    await task.final();
    return await ended(baton, agent);
  },

  async 'agent-launched-for-a-task'(baton) {
    const agent = await launched(baton, { limits: { runsWithoutProgress: 1 } });
    const { company } = await agent.until(() => true);
    const task = await baton.create({ assignee: 'ada', review: { policy: 'none' } }, { company });
    const { runs } = await agent.until(({ runs: [run] }) => run?.phase === 'claimed');
    await task.do('mark_failed', ada, { runId: runs[0]!.id });
    await agent.until(({ paused }) => paused !== undefined);
    await baton.agentOf(company, 'bob');
    return await ended(baton, agent);
  },

  async 'agent-that-holds-a-run'(baton) {
    const agent = await launched(baton);
    await agent.signal('wake', { reason: 'manual' });
    await agent.until(({ runs: [run] }) => run?.phase === 'held');
    await agent.update('terminate');
    await agent.until(({ runs }) => runs.length === 0);
    return await ended(baton, agent);
  },

  async 'agent-woken-and-continued-as-new'(baton) {
    const agent = await baton.startAgent();
    for (let i = 0; !(await agent.hasContinued()); i += 1) {
      if (i === 60) throw new SetupError('This server does not suggest to continue as new early; see record.ts.');
      await agent.signal('wake', { ...mention, taskId: `task-${i}`.padEnd(190, '-') });
      await agent.until(({ wakes }) => wakes.length > i);
    }
    await agent.signal('wake', { reason: 'manual' });
    await agent.until(({ wakes }) => wakes.some(({ taskId }) => taskId === undefined));
    return await ended(baton, agent);
  },

  async 'task-that-wakes'(baton) {
    const task = await baton.create({ assignee: 'ada', settleSeconds: 1 }, { company: aCompany() });
    await task.do('comment', bob, { comment: '@ada', mentions: ['ada'] });
    await task.claim(ada);
    await task.do('report_progress', ada, { blockers: 'no beans' });
    await task.do('release', ada);
    await task.do('edit', olga, { edit: { assignee: 'bob' } });
    await task.cancel();
    return task;
  },

  async 'approval-that-wakes'(baton) {
    const asked = { ...APPROVAL, id: crypto.randomUUID(), company: aCompany() };
    const approval = await baton.startRaw(json(asked), 'approval');
    for (const step of ['request_revision', 'resubmit', 'approve']) {
      const message = { messageId: crypto.randomUUID(), actor: olga, step };
      await approval.handle.executeUpdate(approvalUpdate, { args: [message as never] });
    }
    return approval;
  },
};
