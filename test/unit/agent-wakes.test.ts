import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { WAKE_REASONS } from '../../workflows/agent-record.ts';
import { PROCESS, PureAgent } from '../support/agent-fixture.ts';
import { at } from '../support/task-fixture.ts';

describe('what wakes an agent', () => {
  test('waits until it is handled', () => {
    const ada = new PureAgent().wake('task-1', { messageId: 'w1' });
    expect(ada.agent.wakes).toEqual([
      { id: 'w1', reasons: ['assignment'], taskId: 'task-1', at: at(0), count: 1 },
    ]);
    expect([ada.state, ada.do('handled', { wakeId: 'w1' }).state]).toEqual(['active', 'idle']);
  });

  test('is one wake for each task and each approval, with all that it came for', () => {
    const ada = new PureAgent()
      .wake('task-1')
      .wake('task-2')
      .wait(5)
      .wake('task-1', { messageId: 'again', reason: 'mention', commentId: 'c' })
      .wake(undefined, {
        reason: 'approval_decided',
        approvalId: 'task-1',
        approvalStatus: 'approved',
        linkedIssueIds: ['task-1'],
      });
    expect(ada.agent.wakes).toMatchObject([
      {
        id: 'again',
        taskId: 'task-1',
        reasons: ['assignment', 'mention'],
        commentId: 'c',
        count: 2,
        at: at(0),
      },
      { taskId: 'task-2', count: 1 },
      { approvalId: 'task-1', reasons: ['approval_decided'], approvalStatus: 'approved' },
    ]);
  });

  test('that came while it handled the one before still waits', () => {
    const ada = new PureAgent().wake('task-1', { messageId: 'read' }).wake('task-1', { messageId: 'new' });
    expect(ada.do('handled', { wakeId: 'read' }).agent.wakes).toMatchObject([{ id: 'new', count: 2 }]);
    expect(ada.do('handled', { wakeId: 'new' }).agent.wakes).toEqual([]);
  });

  test('and comes a second time under its id is the same one, handled or not', () => {
    const ada = new PureAgent().wake('task-1', { messageId: 'w1' }).wake('task-1', { messageId: 'w1' });
    expect(ada.agent.wakes).toMatchObject([{ count: 1 }]);
    ada.do('handled', { wakeId: 'w1' }).wake('task-1', { messageId: 'w1' });
    expect(ada.agent.wakes).toEqual([]);
  });

  test('a key that comes with another request is refused', () => {
    const ada = new PureAgent().do('call', { messageId: 'k', contentHash: 'a', taskId: 'task-1' });
    expect(ada.send('call', { messageId: 'k', contentHash: 'a', taskId: 'task-1' })).toBeUndefined();
    expect(ada.send('call', { messageId: 'k', contentHash: 'b' })).toMatchObject({
      type: 'idempotency_key_reused',
    });
    expect(ada.agent.wakes).toHaveLength(1);
  });

  test('by hand under one key at two agents is two wakes, and so two runs', () => {
    const called = ['ada', 'bob'].map((id) =>
      new PureAgent(PROCESS, at(0), id).do('call', { messageId: 'k', contentHash: 'a' }),
    );
    const [one, other] = called.map(({ agent }) => agent.runs[0]!.id);
    expect(one).not.toBe(other);
  });

  test('waits while the agent is paused, and reaches one that was terminated no more', () => {
    const ada = new PureAgent().do('pause', { note: 'Holidays.' }).wake('task-1');
    expect([ada.state, ada.why]).toEqual(['paused', 'Paused by olga: Holidays.']);
    expect(ada.do('resume').agent.wakes).toHaveLength(1);
    expect(ada.do('terminate').wake('task-2').agent.wakes).toEqual([]);
    expect(ada.state).toBe('terminated');
    const { profile } = ada.agent;
    for (const name of ['pause', 'resume', 'call', 'put_profile'] as const) {
      expect([name, ada.send(name, { profile } as object)?.type]).toEqual([name, 'transition_not_allowed']);
    }
    expect(ada.send('terminate')).toBeUndefined();
  });

  test('may be the clock, which does not wake it again before it has answered', () => {
    const ada = new PureAgent({ limits: { heartbeatSeconds: 60 } }).wait(59);
    expect(ada.agent.wakes).toEqual([]);
    ada.wait(1000);
    expect(ada.agent.wakes).toMatchObject([{ reasons: ['timer'], count: 1, at: at(60) }]);
    ada.do('handled', { wakeId: ada.agent.wakes[0]!.id }).wait(1);
    expect(ada.agent.wakes).toMatchObject([{ reasons: ['timer'], count: 1 }]);
  });

  test('limits and adapters from before they had a meaning have none', () => {
    const ada = new PureAgent({ limits: { heartbeatSeconds: 'often' }, adapter: ['anything'] });
    expect(ada.wait(100_000).wake('task-1').agent).toMatchObject({ runs: [], wakes: [{ count: 1 }] });
  });
});

const topics = fc.nat(LIMITS.wakes + 40);
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ wake: topics, reason: fc.constantFrom(...WAKE_REASONS) }) },
    { weight: 1, arbitrary: fc.record({ handle: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ repeat: fc.nat() }) },
  ),
  { maxLength: 300, size: 'max' },
);

test('no wake is lost: each waits by itself or with others until somebody has handled the latest of them', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const ada = new PureAgent();
      const sent: string[] = [];
      let waiting = 0;
      for (const step of taken) {
        if ('wake' in step) {
          const messageId = `w${sent.length}`;
          sent.push(messageId);
          // Topic 0 is none in particular.
          ada.wake(step.wake === 0 ? undefined : `task-${step.wake}`, { messageId, reason: step.reason });
          waiting += 1;
          const mine = ada.agent.wakes.find(({ id }) => id === messageId)!;
          expect(mine.reasons.at(-1)).toBe(step.reason);
          expect([`task-${step.wake}`, undefined]).toContain(mine.taskId);
        } else if ('repeat' in step) {
          const repeated = sent.at(-1 - (step.repeat % 10));
          if (repeated !== undefined) ada.wake('task-1', { messageId: repeated });
        } else {
          const { wakes } = ada.agent;
          const one = wakes[step.handle % (wakes.length || 1)];
          if (one) waiting -= one.count;
          ada.do('handled', { wakeId: one?.id ?? 'none' });
        }
        expect(ada.agent.wakes.length).toBeLessThanOrEqual(LIMITS.wakes + 1);
        expect(ada.agent.wakes.reduce((sum, { count }) => sum + count, 0)).toBe(waiting);
      }
    }),
    { numRuns: 100 },
  );
});
