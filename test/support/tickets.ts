/** An agent that speaks of tickets, in their own words. */
import { eventually } from './caller.ts';
import type { Json } from './caller.ts';
import type { ToolCaller } from './mcp.ts';
import { readToon } from './toon.ts';

export class TicketAgent {
  readonly tools: ToolCaller;
  constructor(tools: ToolCaller) {
    this.tools = tools;
  }

  /** One call, written as `id=x s=dn t="Two words"`; answers what was read of its answer. */
  async say(line: string): Promise<Json> {
    const [tool = '', ...rest] = line.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
    const args = rest.map((each): [string, string] => {
      const [key = '', ...value] = each.split('=');
      return [key, value.join('=').replace(/^"|"$/g, '')];
    });
    return await this.call(tool, Object.fromEntries(args));
  }

  async call(tool: string, args: Record<string, unknown> = {}): Promise<Json> {
    const { text, isError } = await this.tools.call(tool, args);
    const read = readToon(text);
    if (isError !== (read.is === 'ERR'))
      throw new Error(`An error is not marked as one, or the other way: ${text}`);
    return read;
  }

  /** The backlog once these tickets, and no others of them, are in it; lists lag a moment. */
  async backlogOnceThere(...ids: string[]): Promise<Json[]> {
    return await eventually(
      () => this.say('ticket_backlog'),
      (backlog: Json[]) => ids.every((id) => backlog.some((ticket) => ticket.id === id)),
    );
  }
}
