import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agentDetails } from '../../workflows/agent-details.ts';
import { budgetWarnings } from '../../api/services/spending.ts';
import { monthOf, nextMonth, spentIn, wallSecondsLeft } from '../../workflows/rules/agents/budget.ts';
import { PROCESS, PureAgent } from '../support/agent-fixture.ts';

const spent = (usd: number, also: object = {}) => ({ runId: 'r', taskId: 'task-1', usd, tokens: 0, ...also });

describe('the budget of a month', () => {
  test('pauses its agent when it is spent, and the next month takes it up again', () => {
    const ada = new PureAgent({ budget: { usd: 10 } }, '2030-12-30T10:00:00.000Z').wake('task-1');
    expect(ada.do('spent', spent(9.9)).state).toBe('active');
    expect(ada.do('spent', spent(0.2)).state).toBe('paused');
    expect(ada.why).toMatch(/: 10\.1 of 10 usd\. It goes on at 2031-01-01T00:00:00\.000Z\.$/);
    expect(ada.waitUntil('2030-12-31T23:59:59.999Z').state).toBe('paused');
    expect(ada.waitUntil('2031-01-01T00:00:00.000Z').state).toBe('active');
    expect(ada.agent.spending).toEqual({ month: '2031-01', usd: 0, tokens: 0 });
  });

  test('leaves alone who is paused by somebody, too', () => {
    const ada = new PureAgent({ budget: { usd: 1 } }, '2030-12-30T10:00:00.000Z').do('spent', spent(1));
    expect(ada.do('pause').waitUntil('2031-01-02T00:00:00.000Z').state).toBe('paused');
    expect(ada.do('resume').state).toBe('idle');
  });

  test('may be raised; before that nobody takes the agent up again', () => {
    const ada = new PureAgent({ budget: { tokens: 100 } }).do('spent', spent(0, { tokens: 100 }));
    expect(ada.send('resume')).toMatchObject({ type: 'budget_exhausted', retryable: false });
    ada.do('put_profile', { profile: { name: 'Ada', role: 'engineer', budget: { tokens: 101 } } });
    expect(ada.state).toBe('idle');
  });

  test('ends the run that spent it, and all others that are on', () => {
    const ada = new PureAgent({ ...PROCESS, budget: { usd: 1 }, limits: { runsAtOnce: 2 } });
    for (const task of ['task-1', 'task-2']) {
      ada.wake(task);
      ada.launched(ada.agent.runs.at(-1), { outcome: 'claimed', taskId: task });
    }
    const [one, two] = ada.agent.runs.map(({ id }) => id);
    ada.errands.splice(0);
    ada.do('spent', spent(1, { runId: one }));
    expect(ada.errands).toMatchObject([
      { do: 'stop', run: { id: one, taskId: 'task-1' }, why: 'budget_exhausted' },
      { do: 'stop', run: { id: two, taskId: 'task-2' }, why: 'budget_exhausted' },
    ]);
    // Told once, they are not told again.
    ada.errands.splice(0);
    ada.do('spent', spent(1, { runId: one }));
    expect(ada.errands).toEqual([]);
  });

  test('ends runs that Baton did not launch when they report', () => {
    const ada = new PureAgent({ budget: { usd: 1 } }).do('spent', spent(0.9, { runId: 'own' }));
    expect(ada.errands).toEqual([]);
    ada.do('spent', spent(0.1, { runId: 'own' }));
    expect(ada.errands).toMatchObject([{ do: 'stop', run: { id: 'own', taskId: 'task-1' } }]);
  });

  test('what may be spent on one task ends the run of that one alone', () => {
    const ada = new PureAgent({ limits: { costPerTask: { usd: 1 } } });
    ada.do('spent', spent(0.6)).do('spent', spent(0.9, { taskId: 'task-2', runId: 'two' }));
    expect(ada.errands).toEqual([]);
    ada.do('spent', spent(0.4));
    expect(ada.errands).toMatchObject([{ do: 'stop', run: { taskId: 'task-1' } }]);
    expect(ada.state).toBe('idle');
  });
});

test('the time of launched programs counts when they end, and limits those that follow', () => {
  const ada = new PureAgent({
    ...PROCESS,
    budget: { wallSeconds: 100 },
    limits: { runsAtOnce: 2, costPerTask: { wallSeconds: 70 } },
  });
  for (const taskId of ['task-1', 'task-2']) {
    ada.wake(taskId).launched(ada.agent.runs.at(-1), { outcome: 'claimed', taskId });
  }
  const [one, two] = ada.agent.runs.map(({ id }) => id);
  const ends = (runId: string, wallSeconds: number) =>
    ada.do('run_ended', { runId, end: 'completed', progressed: true, wallSeconds });
  ends(one!, 60);
  expect(['task-1', 'task-2'].map((id) => wallSecondsLeft(ada.agent, id, ada.clock))).toEqual([10, 40]);
  ada.wake('task-1').launched(ada.agent.runs.at(-1), { outcome: 'claimed', taskId: 'task-1' });
  ends(two!, 40);
  expect(ada.state).toBe('paused');
  expect(ada.why).toContain('budget of this month: 100 of 100 seconds of wall time. It goes on');
  expect(agentDetails(ada.agent, ada.clock)).toContain('0 usd, 0 tokens, 100 seconds of wall time (100 %');
  expect(ada.errands.at(-1)).toMatchObject({
    do: 'stop',
    run: { taskId: 'task-1' },
    why: 'budget_exhausted',
  });
});

test('an agent is warned when it has used most of what it may spend in a month, or on its task', () => {
  const profile = { budget: { usd: 10 }, limits: { costPerTask: { usd: 1, tokens: 100 } } };
  const ada = new PureAgent(profile, new Date().toISOString());
  const cost = (usd: number, tokens = 0) => ({ usd, tokens });
  const ofTask = (percent: number) => `${percent} % of what you may spend on this task is used.`;
  expect(budgetWarnings(ada.agent, 'task-1', cost(0.7))).toEqual([]);
  expect(budgetWarnings(ada.agent, 'task-1', cost(0, 85))).toEqual([ofTask(85)]);
  ada.do('spent', spent(0.75));
  expect(budgetWarnings(ada.agent, 'task-1', cost(0.25))).toEqual([ofTask(100)]);
  expect(budgetWarnings(ada.agent, 'task-2', cost(0.25))).toEqual([]);
  ada.do('spent', spent(7.5, { taskId: 'task-3' }));
  expect(budgetWarnings(ada.agent, 'task-3')).toEqual([
    '82 % of your budget of this month is used.',
    ofTask(750),
  ]);
  expect(budgetWarnings(ada.agent)).toEqual(['82 % of your budget of this month is used.']);
});

test('a month begins where the one before ends', () => {
  const times = fc.date({ min: new Date('2000-01-01'), max: new Date('2999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(times, (date) => {
      const now = date.toISOString();
      const next = nextMonth(now);
      expect(next > now).toBe(true);
      expect(next.slice(7)).toBe('-01T00:00:00.000Z');
      expect(monthOf(new Date(Date.parse(next) - 1).toISOString())).toBe(monthOf(now));
    }),
  );
});

test('what is spent adds up month by month, and pauses the agent exactly while it reaches the budget', () => {
  const costs = fc.array(
    fc.record({
      usd: fc.integer({ min: 0, max: 8 }),
      tokens: fc.nat(40),
      wait: fc.constantFrom(0, 3_600, 86_400, 12 * 86_400, 40 * 86_400),
      twice: fc.boolean(),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(costs, (taken) => {
      const ada = new PureAgent({ budget: { usd: 20, tokens: 100 } });
      const sums = new Map<string, { usd: number; tokens: number }>();
      for (const [i, { usd, tokens, wait, twice }] of taken.entries()) {
        ada.wait(wait);
        const message = { ...spent(usd), tokens, messageId: `m${i}` };
        ada.do('spent', message);
        if (twice) ada.do('spent', message);
        const month = monthOf(ada.clock);
        const before = sums.get(month) ?? { usd: 0, tokens: 0 };
        const sum = { usd: before.usd + usd, tokens: before.tokens + tokens };
        sums.set(month, sum);
        expect(spentIn(ada.agent, ada.clock)).toEqual(sum);
        expect(ada.state === 'paused').toBe(sum.usd >= 20 || sum.tokens >= 100);
      }
    }),
  );
});
