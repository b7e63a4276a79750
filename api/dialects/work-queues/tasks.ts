/** `/work-queue-tasks`: how agents hand in what they took from a queue. */
import type { Router } from 'express';
import { LIMITS } from '../../../workflows/limits.ts';
import { byteLength } from '../../../workflows/parse.ts';
import type { Answer } from '../../route.ts';
import type { Content, RunMessage } from '../../services/runs.ts';
import { actingAs, dialectRouter, read } from '../dialect.ts';
import type { Asked, DialectDeps } from '../dialect.ts';
import { presentTask } from './present.ts';
import { refuse } from './refuse.ts';
import { Completing, Failing } from './schemas.ts';
import { bare } from './words.ts';

export function workQueueTasks(deps: DialectDeps): Router {
  const { tasks, holds, runs, bySight } = deps.services;

  /** Says this as the agent that the call names. An operator who names none speaks for who holds the task, or held it last. */
  async function say<N extends RunMessage>(
    id: string,
    call: Asked['call'],
    agentId: string | undefined,
    name: N,
    content: Content<N>,
  ): Promise<Answer> {
    const as = (by: Asked['call'], agent: string | undefined) =>
      holds.act(id, { ...actingAs(by, agent), ifVersion: undefined }, name, content);
    const isForAny = agentId === undefined && call.principal.role === 'operator';
    const task = isForAny
      ? await bySight(call, id, ({ run, endedRuns }, by) => as(by, run?.agent ?? endedRuns.at(-1)?.agent))
      : await as(call, agentId);
    return { status: 200, body: presentTask(task) };
  }

  return dialectRouter(
    deps,
    (on) => {
      on('get', '/:id', async ({ params, call }) => {
        const task = await tasks.read(call.principal, bare(params['id']));
        await runs.keepAlive(task, call);
        return { status: 200, body: presentTask(task) };
      });

      on('post', '/:id/complete', async ({ params, body, call }) => {
        const { agentId, result: output } = read(Completing, body);
        return await say(bare(params['id']), call, agentId, 'mark_complete', { output, reasoning: '' });
      });

      on('post', '/:id/fail', async ({ params, body, call }) => {
        const { agentId, error } = read(Failing, body);
        return await say(bare(params['id']), call, agentId, 'mark_failed', reportOf(error));
      });
    },
    refuse,
  );
}

/** A failure for no reason that Baton knows, after which no run follows. A long story is also told in a comment. */
function reportOf(error: string) {
  const blocker = atMost(LIMITS.noteBytes, error);
  const comment = blocker === error ? {} : { comment: atMost(LIMITS.commentBytes, error) };
  return { reasonCode: 'other' as const, blocker, ...comment };
}

const MORE = '…';

/** As much of a text as so many bytes hold, and no half character. */
function atMost(bytes: number, whole: string): string {
  if (byteLength(whole) <= bytes) return whole;
  const start = new TextEncoder().encode(whole).subarray(0, bytes - byteLength(MORE));
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(start, { stream: true }) + MORE;
}
