/** When an agent is launched no more, because its runs come to nothing. */
import { describe, expect, test } from 'vitest';
import { agentDetails } from '../../workflows/agent-details.ts';
import type { Asked } from '../../workflows/rules/agents/runs.ts';
import { PROCESS, PureAgent } from '../support/agent-fixture.ts';
import { at, bob } from '../support/task-fixture.ts';

const claimed = (taskId: string): Asked => ({ outcome: 'claimed', taskId });

describe('the loop breaker', () => {
  const again = (ada: PureAgent, news: object) => {
    ada.wake('task-1');
    ada.launched(ada.agent.runs[0], claimed('task-1'));
    const { id: runId } = ada.agent.runs[0]!;
    return ada.do('run_ended', { runId, end: 'completed', ...news });
  };

  test('pauses an agent whose runs come to nothing, and tells its manager', () => {
    const ada = new PureAgent({ ...PROCESS, reportsTo: 'bob' });
    for (let i = 0; i < 4; i += 1) again(ada, { progressed: false });
    expect(ada.state).toBe('idle');
    again(ada, { progressed: false, end: 'failed' });
    expect([ada.state, ada.why]).toEqual([
      'paused',
      expect.stringMatching(
        /^Paused by the loop breaker: 5 runs in a row came to nothing; the last, .* on task task-1, ended as failed\. Nothing is launched for it until .* resumes it: POST \/v1\/agents\/ada\/resume\.$/,
      ),
    ]);
    expect(ada.errands.at(-1)).toEqual({ do: 'escalate', to: 'bob', taskId: 'task-1' });
    expect(ada.wake('task-2').agent.runs).toEqual([]);
    expect(ada.do('resume').agent).toMatchObject({ runsWithoutProgress: 0, runs: [{ taskId: 'task-2' }] });
  });

  test('counts from the last run that came to something, and none of which nobody knows', () => {
    const ada = new PureAgent({ ...PROCESS, limits: { runsWithoutProgress: 2 } });
    again(ada, { progressed: false });
    again(ada, { progressed: undefined });
    expect(again(ada, { progressed: true }).agent.runsWithoutProgress).toBe(0);
    again(ada, { progressed: false });
    expect(ada.state).toBe('idle');
    expect(again(ada, { progressed: false }).state).toBe('paused');
  });

  describe('and runs without a task', () => {
    const LIMIT = { ...PROCESS, limits: { runsAmongAgents: 3 } };
    /** Somebody calls it about a task that another holds, and its program ends as it should. */
    const answers = (ada: PureAgent, byPerson = false) => {
      ada.wake('task-1', { reason: 'mention', ...(byPerson && { byPerson }) });
      const [run] = ada.agent.runs;
      ada.launched(run, { outcome: 'not_claimable', why: 'held', taskId: 'task-1' });
      return ada.do('run_ended', { runId: run!.id, end: 'exited' });
    };

    test('stops those that only ever answer other agents, and says what to do', () => {
      const ada = answers(answers(new PureAgent(LIMIT)));
      expect(ada.state).toBe('idle');
      expect(answers(ada).state).toBe('paused');
      const page = agentDetails(ada.agent, ada.clock);
      for (const text of [ada.why, page.replaceAll('\\', '')]) {
        expect(text).toMatch(
          /the loop breaker: 3 runs in a row only answered other agents, .*POST .*ada\/resume/s,
        );
      }
      expect(ada.do('resume').agent.runsAmongAgents).toBe(0);
    });

    test('ends two agents that call each other without end', () => {
      const [ada, bob] = [new PureAgent(PROCESS), new PureAgent(PROCESS, at(0), 'bob')];
      let runs = 0;
      for (; ada.state !== 'paused' && bob.state !== 'paused' && runs < 1_000; runs += 1) {
        answers(runs % 2 === 0 ? ada : bob);
      }
      expect(runs).toBeLessThan(50);
    });

    test('counts from the last that a person wanted, or that came to something', () => {
      const ada = answers(answers(new PureAgent(LIMIT)));
      answers(answers(answers(ada, true)));
      expect(ada.state).toBe('idle');
      again(ada, { progressed: true });
      expect(answers(answers(ada)).state).toBe('idle');
      ada.do('call', { actor: bob }).launched(ada.agent.runs[0], { outcome: 'choice', taskIds: [] });
      ada.do('run_ended', { runId: ada.agent.runs[0]!.id, end: 'exited' });
      expect(ada.state).toBe('paused');
      const other = answers(answers(new PureAgent(LIMIT)));
      other.do('call').launched(other.agent.runs[0], { outcome: 'choice', taskIds: [] });
      other.do('run_ended', { runId: other.agent.runs[0]!.id, end: 'exited' });
      expect([other.state, other.agent.runsAmongAgents]).toEqual(['idle', 0]);
    });
  });
});
