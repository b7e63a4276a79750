/** A caller of the tools at `/mcp`, as bare as a client of the present protocol may be, on a connection that it keeps. */
import { createCaller } from './http-caller.ts';

export interface ToolCaller {
  /** The text of a tool's answer. Throws a refusal. */
  call(tool: string, args: object): Promise<string>;
  close(): void;
}

interface Answered {
  result?: { isError?: boolean; content: { text: string }[] };
}

const PROTOCOL = '2026-07-28';
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': PROTOCOL,
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

export function createToolCaller(apiUrl: string, token: string): ToolCaller {
  const caller = createCaller(apiUrl, token);
  let id = 0;
  return {
    async call(tool, args) {
      const params = { name: tool, arguments: args, _meta: ENVELOPE };
      const message = { jsonrpc: '2.0', id: (id += 1), method: 'tools/call', params };
      const { result } = await caller.call<Answered>('POST', '/mcp', message, {
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': PROTOCOL,
        'mcp-method': 'tools/call',
        'mcp-name': tool,
      });
      const text = result?.content[0]?.text ?? '';
      if (!result || result.isError) throw new Error(`${tool}: ${text}`);
      return text;
    },
    close: () => caller.close(),
  };
}
