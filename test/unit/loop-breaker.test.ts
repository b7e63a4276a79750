/** When an agent is launched no more, because its runs come to nothing. */
import { describe, expect, test } from 'vitest';
import type { Asked } from '../../workflows/rules/agents/runs.ts';
import { PROCESS, PureAgent } from '../support/agent-fixture.ts';

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
        /^5 runs in a row came to nothing; the last, .* on task task-1, ended as failed\.$/,
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
});
