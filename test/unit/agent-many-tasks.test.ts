/** An agent that Baton launches, and that more wakes for than it keeps apart: what has no room stands in lists alone. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AgentRun } from '../../workflows/agent-record.ts';
import { LIMITS } from '../../workflows/limits.ts';
import { notToChoose } from '../../workflows/rules/agents/runs.ts';
import type { Asked } from '../../workflows/rules/agents/runs.ts';
import { PROCESS, PureAgent } from '../support/agent-fixture.ts';

const claimed = (taskId: string): Asked => ({ outcome: 'claimed', taskId });

test('an agent that is woken for more tasks than wakes have room for goes on until none is left', () => {
  const ada = new PureAgent({ ...PROCESS, limits: { runsAtOnce: 2 } }).do('pause');
  for (let i = 0; i < LIMITS.wakes + 2; i += 1) ada.wake(`task-${i}`);
  const [overflow, ...others] = ada.agent.wakes.toReversed();
  for (const { id } of others) ada.do('handled', { wakeId: id });
  expect(overflow).toMatchObject({ reasons: ['assignment'], count: 2 });
  ada.do('resume').launched(ada.agent.runs[0], { outcome: 'choice', taskIds: ['task-100', 'task-101'] });
  ada.launched(ada.agent.runs[0], claimed('task-100'));
  expect(ada.agent).toMatchObject({ runs: [{ taskId: 'task-100' }, { phase: 'launching' }], wakes: [] });
  // A list that lags is read again, for a while.
  for (const pause of [2, 10, 60]) {
    ada.launched(ada.agent.runs[1], { outcome: 'choice', taskIds: [] });
    expect([ada.wait(pause - 1).agent.runs.length, ada.wait(1).agent.runs.length]).toEqual([1, 2]);
  }
  ada.launched(ada.agent.runs[1], { outcome: 'choice', taskIds: [] });
  expect(ada.agent).toMatchObject({ runs: [{ taskId: 'task-100' }], wakes: [] });
});

test('however many tasks are assigned to it, each gets a run, whatever lists say', () => {
  const worlds = fc.record({
    tasks: fc.integer({ min: 90, max: 200 }),
    gated: fc.nat(50),
    slots: fc.integer({ min: 1, max: 4 }),
    /** By how many tasks lists are behind, and how often they show nothing at first. */
    lag: fc.nat(25),
    silent: fc.nat(3),
    /** How many are left to be continued when they have had a run. */
    continued: fc.nat(30),
  });
  fc.assert(
    fc.property(worlds, ({ tasks, gated, slots, lag, silent, continued }) => {
      const ada = new PureAgent({ ...PROCESS, limits: { runsAtOnce: slots } });
      const waiting = Array.from({ length: tasks }, (_, i) => `task-${i}`);
      const blocked = Array.from({ length: gated }, (_, i) => `gated-${i}`);
      const taken: string[] = [];
      const givenBack: string[] = [];
      let looks = 0;
      const claim = (id: string): Asked => {
        if (givenBack.includes(id)) throw new Error(`${id} was taken up again, though nothing woke it.`);
        if (!waiting.includes(id)) return { outcome: 'not_claimable', why: 'seq_blocked', taskId: id };
        waiting.splice(waiting.indexOf(id), 1);
        taken.push(id);
        if (taken.length <= continued) givenBack.push(id);
        return claimed(id);
      };
      const list = (run: AgentRun): Asked => {
        looks += 1;
        const { passedOver = 0 } = run;
        const except = notToChoose(ada.agent, run) ?? [];
        const inbox = [...blocked, ...givenBack, ...taken.slice(Math.max(0, taken.length - lag)), ...waiting];
        const listed = looks > silent ? inbox.filter((id) => !except.includes(id)) : [];
        return { outcome: 'choice', taskIds: listed.slice(passedOver, passedOver + LIMITS.choice) };
      };
      for (const id of waiting) ada.wake(id);
      for (let i = 0; i < 20_000 && ada.agent.runs.length + ada.agent.wakes.length > 0; i += 1) {
        const run = ada.agent.runs.find(({ phase }) => phase === 'launching');
        const asked = run?.choice?.[0] ?? run?.taskId;
        if (run) ada.launched(run, asked === undefined ? list(run) : claim(asked));
        else if (ada.agent.runs.length > 0) endFirst(ada, givenBack);
        else ada.wait(60);
      }
      expect(waiting).toEqual([]);
      expect(ada.state).toBe('idle');
    }),
    { numRuns: 30 },
  );
});

function endFirst(ada: PureAgent, givenBack: readonly string[]): void {
  const { id: runId, taskId } = ada.agent.runs[0]!;
  const end = givenBack.includes(taskId!) ? 'continued' : 'completed';
  ada.do('run_ended', { runId, end, progressed: true });
}
