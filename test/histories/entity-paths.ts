/** The paths of what stands for one thing: an agent, an approval, a memory. */
import { agentUpdate } from '../../workflows/agent-messages.ts';
import { approvalUpdate } from '../../workflows/approval.ts';
import type { ApprovalStep } from '../../workflows/approval.ts';
import type { MemoryChange } from '../../workflows/memory-record.ts';
import { memorySignal, memoryUpdate } from '../../workflows/memory.ts';
import type { Actor } from '../../workflows/actor.ts';
import { SetupError } from '../../scripts/setup-error.ts';
import { AGENT, APPROVAL, MEMORY, json } from '../support/entities.ts';
import type { RealTask } from '../support/real-task.ts';
import { ada, olga } from '../support/task-fixture.ts';
import type { TestWorker } from '../support/test-worker.ts';
import type { Paths } from './path.ts';

const startAgent = (baton: TestWorker): Promise<RealTask> => baton.startRaw(json(AGENT), 'agent');

const put = ({ handle }: RealTask, also: object = {}) =>
  handle.executeUpdate(agentUpdate('put_profile'), {
    args: [
      { messageId: crypto.randomUUID(), actor: olga, profile: { name: 'Ada', role: 'engineer', ...also } },
    ],
  });

const startApproval = (baton: TestWorker): Promise<RealTask> => baton.startRaw(json(APPROVAL), 'approval');

const step = ({ handle }: RealTask, name: ApprovalStep, actor: Actor, also: object = {}) =>
  handle.executeUpdate(approvalUpdate, {
    args: [{ messageId: crypto.randomUUID(), actor, step: name, ...also }],
  });

const startMemory = (baton: TestWorker): Promise<RealTask> => baton.startRaw(json(MEMORY), 'memory');

let changes = 0;
const change = (content: object) =>
  ({ messageId: `change-${(changes += 1)}`, actor: olga, ...content }) as unknown as MemoryChange;
const append = (text: string) =>
  change({ do: 'append', entries: [{ id: `entry-${(changes += 1)}`, text }] });

export const ENTITY_PATHS: Paths = {
  async 'agent-changed-and-ended'(baton) {
    const agent = await startAgent(baton);
    await put(agent, { title: 'Countess' });
    await put(agent, { reportsTo: 'charles' });
    await agent.handle.cancel();
    return agent;
  },

  async 'agent-continued-as-new'(baton) {
    const agent = await startAgent(baton);
    for (let i = 0; (await agent.histories()).length === 1; i += 1) {
      if (i === 20) throw new SetupError('This server does not suggest to continue as new early; see record.ts.');
      await put(agent, { adapter: String(i % 10).repeat(10_000) });
    }
    await put(agent, { title: 'Countess' });
    await agent.handle.cancel();
    return agent;
  },

  async 'approval-revised-and-approved'(baton) {
    const approval = await startApproval(baton);
    await step(approval, 'request_revision', olga, { note: 'Cheaper.' });
    await step(approval, 'resubmit', ada, { payload: { usd: 1 } });
    await step(approval, 'approve', olga, { note: 'Good.' });
    return approval;
  },

  async 'approval-rejected-before-the-first-workflow-task'(baton) {
    await baton.stopWorking();
    const approval = await startApproval(baton);
    const rejected = step(approval, 'reject', olga);
    await baton.startWorking();
    await rejected;
    return approval;
  },

  async 'memory-told-and-summarised'(baton) {
    const memory = await startMemory(baton);
    await memory.handle.signal(memorySignal, append('Beans.'));
    await memory.handle.signal('change', { do: 'forget' });
    const { entries } = await memory.handle.executeUpdate(memoryUpdate, { args: [append('Peas.')] });
    const summary = change({ do: 'summarise', upTo: entries[1]!.id, text: 'Beans and peas.' });
    await memory.handle.executeUpdate(memoryUpdate, { args: [summary] });
    await memory.handle.cancel();
    return memory;
  },

  async 'memory-continued-as-new'(baton) {
    const memory = await startMemory(baton);
    for (let i = 0; (await memory.histories()).length === 1; i += 1) {
      if (i === 20) throw new SetupError('This server does not suggest to continue as new early; see record.ts.');
      const text = String(i % 10).repeat(10_000);
      await memory.handle.executeUpdate(memoryUpdate, { args: [change({ do: 'replace', text })] });
    }
    await memory.handle.executeUpdate(memoryUpdate, { args: [append('Beans.')] });
    await memory.handle.cancel();
    return memory;
  },
};
