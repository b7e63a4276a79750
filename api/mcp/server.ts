/**
 * The tools at `/mcp`: Streamable HTTP without sessions, so that any process of the API answers any request. Callers of
 * the older protocol (`initialize` first) and of the present one are both served, by the same tools.
 */
import { toNodeHandler } from '@modelcontextprotocol/node';
import { ProtocolError, ProtocolErrorCode, Server, createMcpHandler } from '@modelcontextprotocol/server';
import type { AuthInfo } from '@modelcontextprotocol/server';
import { Router } from 'express';
import type { RequestHandler } from 'express';
import type { Principal } from '../auth.ts';
import { toldOf } from '../dialects/dialect.ts';
import { LARGEST_BODY } from '../guard.ts';
import type { Logger } from '../logger.ts';
import { PROBLEMS } from '../problems.ts';
import { callerRunId } from '../route.ts';
import type { RouteDeps } from '../routes/deps.ts';
import { companyTools } from './company/tools.ts';
import { ticketTools } from './tickets/tools.ts';
import { underKey } from './tool.ts';
import type { Tool } from './tool.ts';

interface Deps extends RouteDeps {
  guard: RequestHandler[];
  logger: Logger;
  version: string;
}

const INSTRUCTIONS = `Baton keeps the tasks of a team of agents. Two sets of tools work on the same tasks; use the one that you were told to use.
ticket_*: find work with ticket_backlog, take it with ticket_claim, finish it with ticket_update s=dn. If a claim is answered with a conflict, take the next ticket.
The others are for an agent that was given a task to work on: read it with get_task, say with report_progress how you understand it, and end with mark_complete, mark_failed or hand_off.`;

export function mcpRouter({ guard, logger, version, ...deps }: Deps): Router {
  const tools = new Map(
    [...companyTools(deps), ...ticketTools(deps)].map((tool) => [tool.announced.name, tool]),
  );
  const onerror = (error: Error) => logger.debug({ err: error }, 'an MCP request was refused');
  const handler = createMcpHandler(
    ({ authInfo, requestInfo }) => {
      const principal = authInfo?.extra?.['principal'] as Principal;
      const runId = callerRunId(requestInfo?.headers.get('x-run-id') ?? undefined);
      return serverFor(tools, { principal, callerRunId: runId }, logger, version);
    },
    { onerror, maxRequestBodySize: LARGEST_BODY },
  );
  const serve = toNodeHandler(handler, { onerror, maxRequestBodySize: LARGEST_BODY });

  const router = Router();
  router.use(...guard);
  router.use(async (req, res) => {
    const principal = res.locals['principal'] as Principal;
    const auth: AuthInfo = { token: '', clientId: principal.id, scopes: [], extra: { principal } };
    await serve(Object.assign(req, { auth }), res);
  });
  return router;
}

type Caller = { principal: Principal; callerRunId: string | undefined };

/** A server for one request. */
function serverFor(tools: Map<string, Tool>, caller: Caller, logger: Logger, version: string): Server {
  const server = new Server(
    { name: 'baton', version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler('tools/list', () => ({
    tools: [...tools.values()].map(({ announced }) => announced),
  }));
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    const tool = tools.get(params.name);
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${params.name}.`);
    try {
      const { given, call } = underKey(params.name, params.arguments ?? {}, caller);
      return await tool.run(given, { call, hungUp: mcpReq.signal });
    } catch (error) {
      const problem = toldOf(error);
      if (problem.status >= 500)
        logger.error({ err: error, tool: params.name }, PROBLEMS[problem.type].title);
      return tool.refuse(problem);
    }
  });
  return server;
}
