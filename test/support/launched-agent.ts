/** An agent that the runner of a test launches, in a company of its own. */
import type { RealAgent } from './real-agent.ts';
import type { TestWorker } from './test-worker.ts';

/** The agent, and how to create a task for it. */
export async function launchedAgent(
  baton: TestWorker,
  runner: string,
  limits: object = {},
  also: object = {},
) {
  const company = `company-${crypto.randomUUID()}`;
  const adapter = { type: 'process', launcher: 'claude', runner };
  const profile = { name: 'Ada', role: 'engineer', reportsTo: 'bob', adapter, limits, ...also };
  const agent = await baton.startAgent({ company, profile });
  const create = (definition: object = {}) =>
    baton.create({ assignee: 'ada', review: { policy: 'none' }, ...definition }, { company });
  return { company, profile, agent, create };
}

export const untilIdle = (agent: RealAgent) =>
  agent.until(({ runs, wakes }) => runs.length + wakes.length === 0);
