/** `/v1/agents`: who the agents of a company are, what wakes them, and whether they are at work. */
import { AGENT_STEPS } from '../../workflows/agent-messages.ts';
import type { AgentStep } from '../../workflows/agent-messages.ts';
import { presentAgent, presentWake, presentWholeAgent } from '../present-agents.ts';
import type { Principal } from '../auth.ts';
import { operation } from '../route.ts';
import type { Operation } from '../route.ts';
import {
  AgentBody,
  AgentParams,
  AgentSummary,
  PutAgent,
  StepAgent,
  WakeAgent,
  WakeParams,
  Wakes,
  WakesQuery,
} from '../schemas/agents.ts';
import { pageOf } from '../schemas/answers.ts';
import { PageQuery } from '../schemas/requests.ts';
import type { RouteDeps } from './deps.ts';

export function agentRoutes({ services }: RouteDeps): Operation[] {
  const { agents, wakes } = services;
  return [
    operation({
      id: 'listAgents',
      method: 'get',
      path: '/v1/agents',
      summary: 'List the agents, the newest first',
      description:
        'Those that are registered, or were woken. Lists lag some milliseconds behind; an agent read by its id never does.',
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
      summary: 'Read an agent: its manager, its state and what it has spent',
      description:
        '`me` is the caller, who need not be registered: then its token says all there is to know.',
      params: AgentParams,
      answers: { 200: { description: 'The agent.', schema: AgentBody } },
      problems: ['not_found', 'engine_unavailable'],
      async handle({ params, call: { principal } }) {
        const agent = await agents.read(principal, named(params, principal));
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
      problems: [
        'forbidden',
        'transition_not_allowed',
        'idempotency_key_reused',
        'no_worker',
        'engine_unavailable',
      ],
      async handle({ params, body, call }) {
        const { principal } = call;
        const agent = await agents.put(call, named(params, principal), body);
        return { status: 200, body: await presentWholeAgent(services, principal, agent) };
      },
    }),
    operation({
      id: 'listWakes',
      method: 'get',
      path: '/v1/agents/me/wakes',
      summary: 'Read what wakes you, the oldest first',
      description:
        'What comes for one task, or one approval, is one wake until you have handled it. Those of tasks that have ended are left out, and so are those for work that you hold by now. With `wait` the answer comes as soon as there is one. While you are paused there is none. Whoever asks is known from then on, and can be called in comments.',
      query: WakesQuery,
      answers: { 200: { description: 'The wakes.', schema: Wakes } },
      problems: ['engine_unavailable'],
      async handle({ query, call, hungUp }) {
        const items = await wakes.waiting(call, { waitSeconds: query.wait, hungUp });
        return { status: 200, body: { items: items.map(presentWake) } };
      },
    }),
    operation({
      id: 'handleWake',
      method: 'delete',
      path: '/v1/agents/me/wakes/:wakeId',
      summary: 'Say that you have handled a wake',
      description: 'What was added to it since you read it waits under another id.',
      params: WakeParams,
      answers: { 204: { description: 'It waits no longer.' } },
      problems: ['no_worker', 'engine_unavailable'],
      async handle({ params, call }) {
        await wakes.handled(call, params.wakeId);
        return { status: 204 };
      },
    }),
    operation({
      id: 'wakeAgent',
      method: 'post',
      path: '/v1/agents/:agentId/wake',
      summary: 'Wake an agent by hand',
      description: 'For operators, and those that the agent answers to.',
      params: AgentParams,
      body: WakeAgent,
      bodyOptional: true,
      answers: { 200: { description: 'The agent after it.', schema: AgentBody } },
      problems: [
        'not_found',
        'forbidden',
        'transition_not_allowed',
        'idempotency_key_reused',
        'no_worker',
        'engine_unavailable',
      ],
      async handle({ params, body, call }) {
        const agent = await wakes.wake(call, named(params, call.principal), body.task);
        return { status: 200, body: await presentWholeAgent(services, call.principal, agent) };
      },
    }),
    ...AGENT_STEPS.map((step) =>
      operation({
        id: `${step}Agent`,
        method: 'post',
        path: `/v1/agents/:agentId/${step}`,
        ...STEPS[step],
        params: AgentParams,
        body: StepAgent,
        bodyOptional: true,
        answers: { 200: { description: 'The agent after it.', schema: AgentBody } },
        problems: [
          'not_found',
          'forbidden',
          'transition_not_allowed',
          'idempotency_key_reused',
          'no_worker',
          'engine_unavailable',
          ...(step === 'resume' ? (['budget_exhausted'] as const) : []),
        ],
        async handle({ params, body, call }) {
          const agent = await agents.step(call, named(params, call.principal), step, body.note);
          return { status: 200, body: await presentWholeAgent(services, call.principal, agent) };
        },
      }),
    ),
  ];
}

/** The id of the agent that a path names. */
const named = ({ agentId }: { agentId: string }, { id }: Principal): string =>
  agentId === 'me' ? id : agentId;

const STEPS: Record<AgentStep, { summary: string; description: string }> = {
  pause: {
    summary: 'Pause an agent',
    description: 'For operators. What wakes it waits until it is taken up again; runs that are on go on.',
  },
  resume: {
    summary: 'Take a paused agent up again',
    description:
      'For operators, whoever or whatever paused it. A budget that is spent has to be raised first, or the month has to end.',
  },
  terminate: {
    summary: 'End an agent for good',
    description: 'For operators. Its runs are stopped, and nothing wakes it any more; it can still be read.',
  },
};
