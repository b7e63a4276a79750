/** Agents that call the tools at `/mcp`, with each of the official clients: the older line, and the present one. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll } from 'vitest';
import { tokenOf } from './api-under-test.ts';
import type { ApiUnderTest } from './api-under-test.ts';
import type { Json } from './caller.ts';

/** `present` asks by the protocol of 2026, `present, older protocol` shakes hands as of 2025, as `older` does. */
export const CLIENTS = ['older', 'present', 'present, older protocol'] as const;
export type ClientLine = (typeof CLIENTS)[number];

export interface ToolAnswer {
  isError: boolean;
  text: string;
  content: Json;
}

type Client_ = Pick<Client, 'close'> & {
  callTool: (params: { name: string; arguments: Record<string, unknown> }) => Promise<unknown>;
  listTools: () => Promise<{ tools: Json[] }>;
};

async function connect(line: ClientLine, at: URL, headers: Record<string, string>): Promise<Client_> {
  const me = { name: 'test', version: '1' };
  const options = { requestInit: { headers } };
  if (line === 'older') {
    const client = new OlderClient(me);
    await client.connect(new OlderTransport(at, options) as Json);
    return client as Client_;
  }
  const mode = line === 'present' ? { pin: '2026-07-28' } : ('legacy' as const);
  const client = new Client(me, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(at, options));
  return client as Client_;
}

/** Somebody with a good token who calls tools. */
export class ToolCaller {
  readonly #client: Client_;
  private constructor(client: Client_) {
    this.#client = client;
  }

  static async connect(
    api: ApiUnderTest,
    claims: { sub: string; role: string; company?: string },
    line: ClientLine = 'present',
    headers: Record<string, string> = {},
  ): Promise<ToolCaller> {
    const authorization = `Bearer ${await tokenOf(claims)}`;
    return new ToolCaller(await connect(line, new URL(`${api.url}/mcp`), { ...headers, authorization }));
  }

  close = () => this.#client.close();
  tools = async (): Promise<Json[]> => (await this.#client.listTools()).tools;

  async call(name: string, args: Record<string, unknown> = {}): Promise<ToolAnswer> {
    const result = (await this.#client.callTool({ name, arguments: args })) as Json;
    return {
      isError: result.isError === true,
      text: result.content[0].text,
      content: result.structuredContent,
    };
  }

  /** The structured content of an answer that must be none of refusal. */
  async must(name: string, args: Record<string, unknown> = {}): Promise<Json> {
    const { isError, text, content } = await this.call(name, args);
    if (isError) throw new Error(`${name} was refused: ${text}`);
    return content;
  }
}

/** Connects callers that are closed when the tests of the file are over. */
export function useToolCallers(api: ApiUnderTest, company?: string) {
  const open: ToolCaller[] = [];
  afterAll(async () => {
    await Promise.all(open.map((caller) => caller.close()));
  });
  return async (sub: string, role = 'agent', line: ClientLine = 'present'): Promise<ToolCaller> => {
    const caller = await ToolCaller.connect(api, { sub, role, ...(company && { company }) }, line);
    open.push(caller);
    return caller;
  };
}
