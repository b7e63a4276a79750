import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agentDetails } from '../../workflows/agent-details.ts';
import { AGENT_STATES } from '../../workflows/agent-state.ts';
import type { AgentRun } from '../../workflows/agent-record.ts';
import type { Asked } from '../../workflows/rules/agents/runs.ts';
import { PROCESS, PureAgent } from '../support/agent-fixture.ts';
import { at } from '../support/task-fixture.ts';

const claimed = (taskId: string): Asked => ({ outcome: 'claimed', taskId });
const taken: Asked = { outcome: 'not_claimable', why: 'held', taskId: 'task-1' };

/** An agent whose run of task-1 is on. */
function atWork(profile: object = {}): PureAgent {
  const ada = new PureAgent({ ...PROCESS, ...profile }).wake('task-1');
  return ada.launched(ada.agent.runs[0], claimed('task-1'));
}
const end = (ada: PureAgent, news: { end?: string; progressed?: boolean } = {}): PureAgent =>
  ada.do('run_ended', { runId: ada.agent.runs[0]!.id, end: 'completed', progressed: true, ...news });

describe('an agent that Baton launches', () => {
  test('is launched by a wake, in a run of the same id', () => {
    const ada = new PureAgent(PROCESS).wake('task-1', { messageId: 'w1' });
    expect(ada.agent).toMatchObject({
      wakes: [],
      runs: [{ id: 'w1', taskId: 'task-1', phase: 'launching' }],
    });
    expect(ada.errands).toMatchObject([{ do: 'launch', run: { id: 'w1' } }]);
    ada.launched(ada.agent.runs[0], claimed('task-1'));
    expect([ada.state, ada.agent.runs[0]!.phase]).toEqual(['running', 'claimed']);
    expect(end(ada).agent).toMatchObject({ runs: [], lastRun: { id: 'w1', taskId: 'task-1' } });
    expect(ada.state).toBe('idle');
  });

  test('what comes for the same task meanwhile waits for the end of the run, all of it together', () => {
    const ada = atWork({ limits: { runsAtOnce: 3 } })
      .wake('task-1', { reason: 'mention', commentId: 'c1' })
      .wake('task-1', { reason: 'mention', commentId: 'c2' });
    expect(ada.agent).toMatchObject({ wakes: [{ count: 2, commentId: 'c2' }], runs: [{ phase: 'claimed' }] });
    expect(end(ada).agent).toMatchObject({ wakes: [], runs: [{ phase: 'launching', wake: { count: 2 } }] });
  });

  test('has no more runs at once than it may', () => {
    const ada = atWork({ limits: { runsAtOnce: 2 } })
      .wake('task-2')
      .wake('task-3');
    expect(ada.agent.runs).toHaveLength(2);
    expect(end(ada).agent.runs.map(({ taskId }) => taskId)).toEqual(['task-2', 'task-3']);
  });

  test('whose task was not to be had is not launched for what was in its inbox, but is for other reasons', () => {
    const ada = new PureAgent(PROCESS).wake('task-1');
    expect(ada.launched(ada.agent.runs[0], taken).agent).toMatchObject({ wakes: [], runs: [] });
    ada.wake('task-1', { reason: 'mention' });
    ada.launched(ada.agent.runs[0], taken);
    expect(ada.agent.runs).toMatchObject([{ phase: 'held', taskId: 'task-1' }]);
    expect(ada.errands.at(-1)).toMatchObject({ do: 'hold', run: { taskId: 'task-1' } });
  });

  test('is not launched by hand for a task that is not to be had, but waits for one that it holds', () => {
    const ada = new PureAgent(PROCESS).wake('task-1', { reason: 'manual' });
    expect(ada.launched(ada.agent.runs[0], taken).agent).toMatchObject({ wakes: [], runs: [] });
    ada.wake('task-1', { reason: 'manual' });
    ada.launched(ada.agent.runs[0], { ...taken, byItself: true });
    expect(ada.agent).toMatchObject({ wakes: [{ reasons: ['manual'] }], runs: [] });
  });

  test('asks for one task after the other where it has a choice, and for none besides the one that it gets', () => {
    const ada = new PureAgent(PROCESS).wake(undefined, { reason: 'timer' });
    const run = () => ada.agent.runs[0];
    const asked = () => ada.errands.flatMap((each) => (each.do === 'launch' ? [each.run.choice?.[0]] : []));
    ada.launched(run(), { outcome: 'choice', taskIds: ['a', 'b', 'c'] });
    ada.launched(run(), { outcome: 'not_claimable', why: 'seq_blocked', taskId: 'a' });
    expect(asked()).toEqual([undefined, 'a', 'b']);
    ada.launched(run(), claimed('b'));
    expect(run()).toMatchObject({ phase: 'claimed', taskId: 'b' });
    expect(run()).not.toHaveProperty('choice');
    expect(asked()).toHaveLength(3);
  });

  test('that gets none of its choice has nothing to do, or a run beside them', () => {
    const choice = { outcome: 'choice' as const, taskIds: ['a'], about: 'a' };
    const timer = new PureAgent(PROCESS).wake(undefined, { reason: 'timer' });
    timer.launched(timer.agent.runs[0], choice).launched(timer.agent.runs[0], { outcome: 'gone' });
    expect(timer.state).toBe('idle');
    const decided = { reason: 'approval_decided', approvalId: 'x', approvalStatus: 'approved' } as const;
    const asking = new PureAgent(PROCESS).wake(undefined, decided);
    asking.launched(asking.agent.runs[0], choice).launched(asking.agent.runs[0], { outcome: 'gone' });
    expect(asking.agent.runs).toMatchObject([{ phase: 'held', taskId: 'a' }]);
    const none = new PureAgent(PROCESS).wake(undefined, { reason: 'manual' });
    none.launched(none.agent.runs[0], { outcome: 'choice', taskIds: [] });
    expect(none.agent.runs).toMatchObject([{ phase: 'held' }]);
    const ended = new PureAgent(PROCESS).wake(undefined, { reason: 'manual' });
    ended.do('terminate').launched(ended.agent.runs[0], choice);
    expect(ended.agent.runs).toEqual([]);
  });

  test('whose task has ended has nothing to do', () => {
    const ada = new PureAgent(PROCESS).wake('task-1', { reason: 'mention' });
    expect(ada.launched(ada.agent.runs[0], { outcome: 'gone' }).state).toBe('idle');
  });

  test('that holds the task by a run of its own is asked again later', () => {
    const ada = new PureAgent(PROCESS).wake('task-1', { reason: 'mention' });
    ada.launched(ada.agent.runs[0], { ...taken, byItself: true });
    expect(ada.agent).toMatchObject({ runs: [], wakes: [{ reasons: ['mention'], count: 1 }] });
    expect(ada.wait(59).agent.runs).toEqual([]);
    expect(ada.wait(1).agent.runs).toMatchObject([{ phase: 'launching' }]);
  });

  test('a run whose end is heard of before its beginning is over', () => {
    const ada = new PureAgent(PROCESS).wake('task-1');
    const [run] = ada.agent.runs;
    expect(end(ada).launched(run, claimed('task-1')).agent.runs).toEqual([]);
  });

  test('that nobody takes up is tried again after a pause, each time a longer one, and loses no wake', () => {
    const ada = new PureAgent(PROCESS).wake('task-1');
    for (const pause of [10, 20, 40, 80, 160, 320, 600, 600]) {
      const [run] = ada.agent.runs;
      ada.launched(run, claimed('task-1'));
      end(ada, { end: 'never_started' });
      expect(ada.agent.wakes).toMatchObject([{ taskId: 'task-1', count: 1 }]);
      expect(ada.agent.wakes[0]!.id).not.toBe(run!.id);
      expect([ada.state, ada.wait(pause - 1).agent.runs]).toEqual(['error', []]);
      expect(ada.wait(1).agent.runs).toHaveLength(1);
    }
    expect(end(ada).state).toBe('idle');
    expect(ada.agent.unanswered).toBeUndefined();
  });

  test('whose task does not answer leaves its slot to others, and asks again', () => {
    const ada = new PureAgent(PROCESS).wake('wedged').wake('task-1');
    ada.launched(ada.agent.runs[0], { outcome: 'unanswered' });
    expect(ada.agent).toMatchObject({ runs: [], wakes: [{ taskId: 'task-1' }, { taskId: 'wedged' }] });
    expect([ada.state, ada.why]).toEqual(['error', expect.stringContaining('ended as never_started')]);
    ada.wait(10).launched(ada.agent.runs[0], claimed('task-1'));
    expect(ada.agent.runs).toMatchObject([{ phase: 'claimed', taskId: 'task-1' }]);
    expect(end(ada).agent.runs).toMatchObject([{ phase: 'launching', taskId: 'wedged' }]);
    ada.do('terminate').launched(ada.agent.runs[0], { outcome: 'unanswered' });
    expect(ada.agent).toMatchObject({ runs: [], wakes: [] });
  });

  test('takes another of its choice where one does not answer', () => {
    const ada = new PureAgent(PROCESS).wake(undefined, { reason: 'timer' });
    ada.launched(ada.agent.runs[0], { outcome: 'choice', taskIds: ['wedged', 'task-1'] });
    ada.launched(ada.agent.runs[0], { outcome: 'unanswered' }).launched(ada.agent.runs[0], claimed('task-1'));
    expect(ada.agent.runs).toMatchObject([{ phase: 'claimed', taskId: 'task-1' }]);
  });

  test('that was paused goes on with what it is at, and begins nothing', () => {
    const ada = atWork().wake('task-2').do('pause');
    expect([ada.state, ada.agent.runs.length]).toEqual(['paused', 1]);
    expect(end(ada).agent).toMatchObject({ runs: [], wakes: [{ taskId: 'task-2' }] });
    expect(ada.do('resume').agent.runs).toMatchObject([{ taskId: 'task-2' }]);
  });

  test('that was terminated has its runs stopped, and those that are about to begin', () => {
    const ada = atWork({ limits: { runsAtOnce: 2 } }).wake('task-2');
    const late = ada.agent.runs[1];
    ada.errands.splice(0);
    ada.do('terminate');
    expect(ada.errands).toMatchObject([{ do: 'stop', run: { taskId: 'task-1' }, why: 'terminated' }]);
    ada.launched(late, claimed('task-2'));
    expect(ada.errands[1]).toMatchObject({ do: 'stop', run: { taskId: 'task-2' }, why: 'terminated' });
  });

  test('becomes one that asks for itself, and the other way round', () => {
    const ada = new PureAgent().wake('task-1');
    const profile = { name: 'Ada', role: 'engineer' };
    ada.do('put_profile', { profile: { ...profile, ...PROCESS } });
    expect(ada.agent.runs).toHaveLength(1);
    end(ada).do('put_profile', { profile }).wake('task-2');
    expect(ada.agent).toMatchObject({ runs: [], wakes: [{ taskId: 'task-2' }] });
  });

  test('of whose runs nothing is heard has them looked for, again and again', () => {
    const ada = atWork();
    ada.errands.splice(0);
    ada.wait(299);
    expect(ada.errands).toEqual([]);
    ada.wait(1);
    expect(ada.errands).toMatchObject([{ do: 'look', runs: [{ taskId: 'task-1' }] }]);
    ada.wait(600);
    expect(ada.errands).toHaveLength(3);
  });
});

test('an agent shows in each state what it is in, and why', () => {
  const shown: Record<string, PureAgent> = {
    idle: new PureAgent(),
    active: new PureAgent().wake('task-1'),
    running: atWork(),
    error: end(atWork(), { end: 'crashed' }),
    paused: new PureAgent().do('pause', { note: 'No [link](x).' }),
    terminated: new PureAgent().do('terminate'),
  };
  expect(Object.keys(shown).toSorted()).toEqual(AGENT_STATES.toSorted());
  for (const [state, ada] of Object.entries(shown)) {
    const page = agentDetails(ada.agent, ada.clock);
    expect([ada.state, page.split('\n')[0]]).toEqual([state, '### Ada']);
    expect(page).toContain(`- **State:** ${state}`);
    expect(page).not.toContain('[link]');
  }
  expect(agentDetails(shown['active']!.agent, at(0))).toContain('assignment** about task task-1');
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ wake: fc.nat(4), reason: fc.constantFrom('assignment', 'mention') }) },
  { weight: 4, arbitrary: fc.record({ launched: fc.nat(), how: fc.nat(3) }) },
  {
    weight: 3,
    arbitrary: fc.record({ ended: fc.nat(), end: fc.constantFrom('completed', 'failed', 'never_started') }),
  },
  { weight: 2, arbitrary: fc.record({ wait: fc.constantFrom(1, 60, 700) }) },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'pause' as const }, { do: 'resume' as const }) },
);

test('however wakes and runs come and go, no wake is lost, and never are there more runs than may be', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120, size: 'max' }),
      fc.integer({ min: 1, max: 3 }),
      (steps, slots) => {
        const ada = new PureAgent({ ...PROCESS, limits: { runsAtOnce: slots, runsWithoutProgress: 100 } });
        let unanswered = 0;
        const count = (runs: readonly AgentRun[]) => runs.reduce((sum, { wake }) => sum + wake.count, 0);
        for (const each of steps) {
          const before = ada.agent;
          if ('wake' in each) {
            ada.wake(each.wake === 0 ? undefined : `task-${each.wake}`, {
              reason: each.reason as 'assignment' | 'mention',
            });
            unanswered += 1;
          } else if ('launched' in each) {
            const run = before.runs[each.launched % (before.runs.length || 1)];
            if (run?.phase !== 'launching') continue;
            const isUnasked = run.wake.taskId === undefined && !run.choice;
            if (isUnasked) ada.launched(run, { outcome: 'choice', taskIds: ['task-8', 'task-9'] });
            if (isUnasked) continue;
            const taskId = run.taskId ?? 'task-9';
            const refused: Asked = { outcome: 'not_claimable', why: 'held', taskId: run.taskId };
            const how: Asked[] = [
              claimed(taskId),
              { ...refused, byItself: true },
              refused,
              { outcome: 'gone' },
            ];
            const isOfTheInbox = run.wake.reasons.every((reason) => reason === 'assignment');
            const isLost = each.how > 0 && run.choice?.length !== 2;
            // What is about no task, and of the inbox, goes on until lists have shown nothing several times.
            const goesOn = run.wake.taskId === undefined && run.wake.reasons.includes('assignment');
            const isDropped = isLost && (isOfTheInbox || (each.how === 3 && !run.choice));
            ada.launched(run, how[each.how]!);
            if (isDropped && !(goesOn && (run.wake.tries ?? 0) < 3)) unanswered -= run.wake.count;
            if (goesOn && each.how === 0 && run.wake.count === 1) unanswered += 1;
          } else if ('ended' in each) {
            const run = before.runs[each.ended % (before.runs.length || 1)];
            if (!run) continue;
            ada.do('run_ended', { runId: run.id, end: each.end });
            if (each.end !== 'never_started') unanswered -= run.wake.count;
          } else if ('wait' in each) ada.wait(each.wait);
          else ada.do(each.do);

          const { wakes, runs } = ada.agent;
          expect(runs.length).toBeLessThanOrEqual(slots);
          expect(new Set(runs.map(({ id }) => id)).size).toBe(runs.length);
          const tasks = runs.flatMap(({ taskId }) => taskId ?? []).filter((id) => id !== 'task-9');
          expect(new Set(tasks).size, 'no two runs for one task').toBe(tasks.length);
          expect(wakes.reduce((sum, wake) => sum + wake.count, 0) + count(runs)).toBe(unanswered);
        }
        // Whatever happened, in the end all of it is answered.
        ada.do('resume');
        for (let i = 0; i < 400 && ada.agent.runs.length + ada.agent.wakes.length > 0; i += 1) {
          const [run] = ada.agent.runs;
          if (run) ada.do('run_ended', { runId: run.id, end: 'completed', progressed: true });
          else ada.wait(60);
        }
        expect(ada.agent).toMatchObject({ runs: [], wakes: [] });
      },
    ),
  );
});
