/** The agents of a company as it knows them: who they are, whom they answer to, and who answers to them. */
import type { AgentProfile, AgentRecord } from '../../workflows/agent.ts';
import { putProfileUpdate } from '../../workflows/agent.ts';
import { TaskCompanyKey } from '../../workflows/search-attributes.ts';
import type { Principal } from '../auth.ts';
import { agentWorkflowId } from '../entity-ids.ts';
import { fingerprint } from '../idempotency.ts';
import { Problem, invalidRequest } from '../problems.ts';
import { createEntities } from './entities.ts';
import type { Engine } from './engine.ts';
import type { Request } from './messages.ts';
import { Shared } from './shared.ts';

/** An agent, registered or not. */
export interface Agent extends Omit<AgentRecord, 'updatedBy' | 'updatedAt'> {
  updatedAt?: string;
}

export type Agents = ReturnType<typeof createAgents>;

/** How long an agent is taken to be what it was. */
const KEPT_MS = 2_000;
/** Nobody has more managers above them; a chain that leads back to where it began has no end. */
const LONGEST_CHAIN = 20;

export function createAgents(engine: Engine) {
  const entities = createEntities<AgentRecord>(engine, 'agent');
  const found = new Shared<AgentRecord | undefined>(KEPT_MS);

  const find = (company: string, id: string): Promise<AgentRecord | undefined> =>
    found.get(agentWorkflowId(company, id), async () => {
      const there = await entities.find(agentWorkflowId(company, id));
      return there?.isOpen ? there.record : undefined;
    });

  /** An agent of the caller's company. One that was never registered is known to itself only, by its token. */
  async function read(principal: Principal, id: string): Promise<Agent> {
    const { company, role } = principal;
    const there = await find(company, id);
    if (there) return there;
    if (id === principal.id) return { id, company, profile: { name: id, role } };
    throw new Problem('not_found', { detail: 'There is no such agent, or it belongs to another company.' });
  }

  /** Registers the agent, or replaces what is known of it. */
  async function put(request: Request, id: string, profile: AgentProfile): Promise<Agent> {
    const { principal } = request;
    if (principal.role !== 'operator') {
      const detail = 'Only operators say what an agent is: its manager and its budget are among it.';
      throw new Problem('forbidden', { detail, hint: 'Ask an operator.' });
    }
    if (profile.reportsTo === id)
      throw invalidRequest([{ pointer: '/reportsTo', detail: 'must be another agent' }]);
    const { company } = principal;
    const workflowId = agentWorkflowId(company, id);
    const updatedBy = { id: principal.id, role: principal.role };
    const record = { id, company, profile, updatedBy, updatedAt: new Date().toISOString() };
    const isNew = await entities.open(principal.id, {
      workflowId,
      record,
      request: fingerprint('agent', profile),
      attributes: [{ key: TaskCompanyKey, value: company }],
      title: `Agent ${id}`,
    });
    const after = isNew ? record : await entities.change(workflowId, request, putProfileUpdate, { profile });
    found.forget(workflowId);
    return after;
  }

  /** The managers of an agent, the nearest first, as far as they are registered. */
  async function chainOf({ company, id, profile }: Agent): Promise<Agent[]> {
    const chain: Agent[] = [];
    const seen = new Set([id]);
    for (let above = profile.reportsTo; above !== undefined && !seen.has(above);) {
      seen.add(above);
      const manager = await find(company, above);
      chain.push(manager ?? { id: above, company, profile: { name: above, role: 'agent' } });
      above = chain.length < LONGEST_CHAIN ? manager?.profile.reportsTo : undefined;
    }
    return chain;
  }

  /** Whether any of these agents answers to the caller, directly or through others. */
  async function managesAnyOf({ company, id }: Principal, agentIds: readonly string[]): Promise<boolean> {
    for (const agentId of new Set(agentIds)) {
      const report = await find(company, agentId);
      if (report && (await chainOf(report)).some((manager) => manager.id === id)) return true;
    }
    return false;
  }

  const page = ({ company }: Principal, limit: number, cursor: string | undefined) =>
    entities.page(company, ` AND ExecutionStatus = 'Running'`, limit, cursor);

  return { read, put, chainOf, managesAnyOf, page };
}
