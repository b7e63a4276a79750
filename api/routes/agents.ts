/** `/v1/agents`: who the agents of a company are. */
import { presentAgent, presentWholeAgent } from '../present-agents.ts';
import { operation } from '../route.ts';
import type { Operation } from '../route.ts';
import { AgentBody, AgentParams, AgentSummary, PutAgent } from '../schemas/agents.ts';
import { pageOf } from '../schemas/answers.ts';
import { PageQuery } from '../schemas/requests.ts';
import type { RouteDeps } from './deps.ts';

export function agentRoutes({ services }: RouteDeps): Operation[] {
  const { agents } = services;
  return [
    operation({
      id: 'listAgents',
      method: 'get',
      path: '/v1/agents',
      summary: 'List the registered agents, the newest first',
      description: 'Lists lag some milliseconds behind; an agent read by its id never does.',
      query: PageQuery,
      answers: { 200: { description: 'One page.', schema: pageOf(AgentSummary) } },
      problems: ['engine_unavailable'],
      async handle({ query, call }) {
        const { items, next } = await agents.page(call.principal, query.limit, query.cursor);
        return { status: 200, body: { items: items.map(presentAgent), next } };
      },
    }),
    operation({
      id: 'getAgent',
      method: 'get',
      path: '/v1/agents/:agentId',
      summary: 'Read an agent: its manager, its budget and what it has spent',
      description:
        '`me` is the caller, who need not be registered: then its token says all there is to know.',
      params: AgentParams,
      answers: { 200: { description: 'The agent.', schema: AgentBody } },
      problems: ['not_found', 'engine_unavailable'],
      async handle({ params, call: { principal } }) {
        const agent = await agents.read(principal, params.agentId === 'me' ? principal.id : params.agentId);
        return { status: 200, body: await presentWholeAgent(services, principal, agent) };
      },
    }),
    operation({
      id: 'putAgent',
      method: 'put',
      path: '/v1/agents/:agentId',
      summary: 'Register an agent, or replace what is known of it',
      description: 'For operators. An agent need not be registered to work.',
      params: AgentParams,
      body: PutAgent,
      answers: { 200: { description: 'The agent after it.', schema: AgentBody } },
      problems: ['forbidden', 'idempotency_key_reused', 'no_worker', 'engine_unavailable'],
      async handle({ params, body, call }) {
        const { principal } = call;
        const agentId = params.agentId === 'me' ? principal.id : params.agentId;
        const agent = await agents.put(call, agentId, body);
        return { status: 200, body: await presentWholeAgent(services, principal, agent) };
      },
    }),
  ];
}
