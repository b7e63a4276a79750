/** The agents of a company as it knows them: who they are, whom they answer to, and who answers to them. */
import { agentUpdate } from '../../workflows/agent-messages.ts';
import type { AgentMessageOf, AgentStep, AgentUpdate } from '../../workflows/agent-messages.ts';
import { newAgent } from '../../workflows/agent-record.ts';
import type { AgentInput, AgentProfile, AgentRecord } from '../../workflows/agent-record.ts';
import { TaskCompanyKey } from '../../workflows/search-attributes.ts';
import type { Principal } from '../auth.ts';
import { agentWorkflowId } from '../entity-ids.ts';
import { fingerprint } from '../idempotency.ts';
import { Problem, invalidRequest } from '../problems.ts';
import { createEntities } from './entities.ts';
import type { Engine } from './engine.ts';
import { NotOpen } from './engine.ts';
import { envelope } from './messages.ts';
import type { Request } from './messages.ts';
import { Shared } from './shared.ts';

export type Agents = ReturnType<typeof createAgents>;

/** What an update says besides who sends it. */
type Content<N extends AgentUpdate> = Omit<AgentMessageOf<N>, 'name' | keyof ReturnType<typeof envelope>>;

/** How long an agent is taken to be what it was. */
const KEPT_MS = 2_000;
/** How long what is known of an agent is good enough to warn it. */
const REMEMBERED_MS = 300_000;
/** Nobody has more managers above them; a chain that leads back to where it began has no end. */
const LONGEST_CHAIN = 20;
/** So many agents of a company can be called by their names. */
const MOST_AGENTS = 1_000;

/** The record as it is meant today: one that was made before wakes were has nothing of them. */
const whole = (record: AgentInput | AgentRecord): AgentRecord => ({ ...newAgent(record), ...record });

export function createAgents(engine: Engine) {
  const entities = createEntities<AgentRecord>(engine, 'agent');
  const found = new Shared<AgentRecord | undefined>(KEPT_MS);
  const companies = new Shared<AgentRecord[]>(KEPT_MS);

  /** The agent as it is now; undefined where nobody registered it and nothing ever woke it. */
  async function findNow(company: string, id: string): Promise<AgentRecord | undefined> {
    const there = await entities.find(agentWorkflowId(company, id));
    return there?.isOpen ? whole(there.record) : undefined;
  }

  /** As `findNow`, as of a moment ago. */
  const find = (company: string, id: string): Promise<AgentRecord | undefined> =>
    found.get(agentWorkflowId(company, id), () => findNow(company, id));

  /** The agent as this process saw it last, without a look at Temporal. */
  const lastSeen = (company: string, id: string): Promise<AgentRecord | undefined> =>
    found.last(agentWorkflowId(company, id), REMEMBERED_MS).catch(() => undefined);

  /** Begins an agent; answers false when there is one. */
  const open = (principal: Principal, record: AgentInput) =>
    entities.open(principal.id, {
      workflowId: agentWorkflowId(record.company, record.id),
      record,
      request: fingerprint('agent', record.profile),
      attributes: [{ key: TaskCompanyKey, value: record.company }],
      title: `Agent ${record.id}`,
    });

  /** An agent of the caller's company. One that was never registered is known to itself, by its token, or once it was woken. */
  async function read(principal: Principal, id: string): Promise<AgentRecord> {
    const { company, role } = principal;
    const there = await find(company, id);
    const isSelf = id === principal.id;
    if (there) return isSelf && !there.registered ? { ...there, profile: { name: id, role } } : there;
    if (isSelf) return whole({ id, company, profile: { name: id, role }, registered: false });
    throw notFound();
  }

  /** Registers the agent, or replaces what is known of it. */
  async function put(request: Request, id: string, profile: AgentProfile): Promise<AgentRecord> {
    const { principal } = request;
    expectOperator(principal, 'say what an agent is: its manager and its budget are among it');
    if (profile.reportsTo === id)
      throw invalidRequest([{ pointer: '/reportsTo', detail: 'must be another agent' }]);
    const { company } = principal;
    const updatedBy = { id: principal.id, role: principal.role };
    const record = { id, company, profile, registered: true, updatedBy, updatedAt: new Date().toISOString() };
    if (!(await open(principal, record))) return await change(request, id, 'put_profile', { profile });
    found.forget(agentWorkflowId(company, id));
    return whole(record);
  }

  /** Takes an agent out of work, or into it again. */
  async function step(
    request: Request,
    id: string,
    name: AgentStep,
    note: string | undefined,
  ): Promise<AgentRecord> {
    expectOperator(request.principal, `${name} agents`);
    return await change(request, id, name, { ...(note !== undefined && { note }) });
  }

  /** Changes an agent by one update; answers it after that. Throws its refusal, `not_found`, or `no_worker`. */
  async function change<N extends AgentUpdate>(
    request: Request,
    id: string,
    name: N,
    content: Content<N>,
  ): Promise<AgentRecord> {
    const workflowId = agentWorkflowId(request.principal.company, id);
    const changed = entities.change(workflowId, request, agentUpdate(name), content as never);
    const after = await changed.catch((error: unknown) => {
      throw error instanceof NotOpen ? notFound() : error;
    });
    found.forget(workflowId);
    return after;
  }

  /** The managers of an agent, the nearest first, as far as they are registered. */
  async function chainOf({ company, id, profile }: AgentRecord): Promise<AgentRecord[]> {
    const chain: AgentRecord[] = [];
    const seen = new Set([id]);
    for (let above = profile.reportsTo; above !== undefined && !seen.has(above);) {
      seen.add(above);
      const manager = await find(company, above);
      chain.push(manager ?? whole({ id: above, company }));
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

  /** The agents of a company, as lists knew them a moment ago. */
  const ofCompany = (company: string): Promise<AgentRecord[]> =>
    companies.get(company, async () => (await pageOf(company, MOST_AGENTS, undefined)).items);

  async function pageOf(company: string, limit: number, cursor: string | undefined) {
    const { items, next } = await entities.page(company, ` AND ExecutionStatus = 'Running'`, limit, cursor);
    return { items: items.map(whole), next };
  }

  const page = ({ company }: Principal, limit: number, cursor: string | undefined) =>
    pageOf(company, limit, cursor);

  return { find, findNow, lastSeen, read, open, put, step, change, chainOf, managesAnyOf, page, ofCompany };
}

function expectOperator({ role }: Principal, toDo: string): void {
  if (role === 'operator') return;
  throw new Problem('forbidden', { detail: `Only operators ${toDo}.`, hint: 'Ask an operator.' });
}

const notFound = (): Problem =>
  new Problem('not_found', { detail: 'There is no such agent, or it belongs to another company.' });
