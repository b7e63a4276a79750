import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { agentUpdate } from '../../workflows/agent-messages.ts';
import { approvalUpdate } from '../../workflows/approval.ts';
import { RECORD_MEMO } from '../../workflows/entity.ts';
import { markdownOf } from '../../workflows/memory-record.ts';
import type { MemoryRecord } from '../../workflows/memory-record.ts';
import { memorySignal, memoryUpdate } from '../../workflows/memory.ts';
import { AGENT, APPROVAL, AT, MEMORY, json } from '../support/entities.ts';
import { ada, olga, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers('what stands for one thing', (baton) => {
  const start = async (type: string, input: unknown) => (await baton.startRaw(json(input), type)).handle;
  type Handle = Awaited<ReturnType<typeof start>>;
  const recordOf = async (handle: Handle) => (await handle.describe()).memo?.[RECORD_MEMO];
  const send = <R, M extends object>(
    handle: Handle,
    update: UpdateDefinition<R, [M]>,
    content: object,
  ): Promise<R> =>
    handle.executeUpdate<R, [M]>(update, {
      args: [{ messageId: crypto.randomUUID(), actor: olga, ...content } as unknown as M],
    });
  const refusal = (sent: Promise<unknown>) =>
    sent.then(
      () => 'accepted',
      (error: unknown) => ((error as WorkflowUpdateFailedError).cause as { type?: string }).type,
    );

  describe('an agent', () => {
    test('is what was put last, for everybody to read from its memo, until it is cancelled', async () => {
      const agent = await start('agent', AGENT);
      for (const name of ['Ada L.', 'Countess']) {
        const profile = { ...AGENT.profile, name };
        expect(await send(agent, agentUpdate('put_profile'), { profile })).toMatchObject({
          profile,
          updatedBy: olga,
        });
        expect(await recordOf(agent)).toMatchObject({ id: 'ada', profile });
      }
      expect(await refusal(send(agent, agentUpdate('put_profile'), { profile: { name: '' } }))).toBe(
        'malformed_message',
      );
      expect(
        await refusal(send(agent, agentUpdate('put_profile'), { profile: AGENT.profile, answerBy: AT })),
      ).toBe('accepted');
      const late = { profile: AGENT.profile, answerBy: '2020-01-01T00:00:00Z' };
      expect(await refusal(send(agent, agentUpdate('put_profile'), late))).toBe('caller_gone');
      await agent.signal('no_such_signal');
      await agent.cancel();
      const end = await agent.result().catch((error: unknown) => error);
      expect((end as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    });

    test('fails at once when it is started with something else', async () => {
      const agent = await start('agent', { ...AGENT, profile: {} });
      await expect(agent.result()).rejects.toMatchObject({ cause: { type: 'malformed_input' } });
    });
  });

  describe('an approval', () => {
    const take = (approval: Handle, step: string, actor: object = olga, also: object = {}) =>
      send(approval, approvalUpdate, { step, actor, ...also });

    test('goes back and forth until it is decided, and ends with that', async () => {
      const approval = await start('approval', APPROVAL);
      await take(approval, 'request_revision', rita, { note: 'Too dear.' });
      expect(await refusal(take(approval, 'approve'))).toBe('transition_not_allowed');
      await take(approval, 'resubmit', ada, { payload: { usd: 5 } });
      expect(await recordOf(approval)).toMatchObject({ status: 'pending', payload: { usd: 5 } });
      expect(await take(approval, 'approve', olga, { note: 'Fine.' })).toMatchObject({ status: 'approved' });
      expect(await approval.result()).toMatchObject({
        status: 'approved',
        history: [
          { step: 'request_revision', by: rita, note: 'Too dear.' },
          { step: 'resubmit', by: ada },
          { step: 'approve', by: olga, note: 'Fine.' },
        ],
      });
      expect(await recordOf(approval)).toMatchObject({ status: 'approved' });
    });

    test('is never decided by whoever asked for it, nor by an agent that is not above that one', async () => {
      const approval = await start('approval', APPROVAL);
      const bob = { id: 'bob', role: 'agent' };
      expect(await refusal(take(approval, 'approve', ada))).toBe('forbidden');
      expect(await refusal(take(approval, 'approve', ada, { granted: true }))).toBe('forbidden');
      expect(await refusal(take(approval, 'approve', bob))).toBe('forbidden');
      expect(await recordOf(approval)).toMatchObject({ status: 'pending', history: [] });
      expect(await take(approval, 'reject', bob, { granted: true })).toMatchObject({ status: 'rejected' });
      await approval.result();
    });
  });

  describe('a memory', () => {
    const append = (...texts: string[]) => ({
      do: 'append',
      entries: texts.map((text) => ({ id: crypto.randomUUID(), text })),
    });
    const tell = async (memory: Handle, message: unknown) =>
      await memory.signal(memorySignal, message as never);
    const textOf = async (memory: Handle) => markdownOf((await recordOf(memory)) as MemoryRecord);

    test('takes what it is told with an answer and without one, each once, and shows it in its memo', async () => {
      const memory = await start('memory', MEMORY);
      const promoted = { messageId: 'p-1', actor: ada, task: 't', run: 'r', ...append('Beans.', 'Peas.') };
      await tell(memory, promoted);
      await tell(memory, promoted);
      await tell(memory, { ...promoted, messageId: 'p-2', do: 'forget' });
      await tell(memory, undefined);
      const answered = await send(memory, memoryUpdate, append('Corn.'));
      expect(answered.entries.map(({ text, by, task }) => [text, by.id, task])).toEqual([
        ['Beans.', 'ada', 't'],
        ['Peas.', 'ada', 't'],
        ['Corn.', 'olga', undefined],
      ]);
      expect(await recordOf(memory)).toEqual(answered);
      expect(await refusal(send(memory, memoryUpdate, { do: 'replace', text: '', ifVersion: 1 }))).toBe(
        'stale_version',
      );
      expect(await refusal(send(memory, memoryUpdate, { do: 'replace' }))).toBe('malformed_message');
    });

    test('remembers what reached it before anybody worked on it', async () => {
      const workflowId = `memory/project/${crypto.randomUUID()}`;
      const { taskQueue } = await (await start('memory', MEMORY)).describe();
      const handle = await baton.client.workflow.signalWithStart('memory', {
        workflowId,
        taskQueue,
        args: [MEMORY],
        signal: memorySignal,
        signalArgs: [{ messageId: 'p-1', actor: ada, ...append('Beans.') } as never],
      });
      await send(handle as unknown as Handle, memoryUpdate, append('Peas.'));
      expect(await textOf(handle as unknown as Handle)).toMatch(/ Beans\.\n\n.*\n {2}Peas\.\n$/);
      await handle.terminate();
    });
  });
});
