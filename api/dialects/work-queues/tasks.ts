/** `/work-queue-tasks`: how agents hand in what they took from a queue. */
import type { Router } from 'express';
import { LIMITS } from '../../../workflows/limits.ts';
import { byteLength } from '../../../workflows/parse.ts';
import { actingAs, dialectRouter, read } from '../dialect.ts';
import type { Asked, DialectDeps } from '../dialect.ts';
import { presentTask } from './present.ts';
import { refuse } from './refuse.ts';
import { Completing, Failing } from './schemas.ts';
import { bare } from './words.ts';

export function workQueueTasks(deps: DialectDeps): Router {
  const { tasks, holds } = deps.services;

  /** The call as made by the agent that it names. An operator who names none speaks for who holds the task, or held it last. */
  async function asHolder(id: string, call: Asked['call'], agentId: string | undefined) {
    if (agentId !== undefined || call.principal.role !== 'operator') return actingAs(call, agentId);
    const { run, endedRuns } = await tasks.read(call.principal, id);
    return actingAs(call, run?.agent ?? endedRuns.at(-1)?.agent);
  }

  return dialectRouter(
    deps,
    (on) => {
      on('get', '/:id', async ({ params, call }) => {
        const task = await tasks.read(call.principal, bare(params['id']));
        return { status: 200, body: presentTask(task) };
      });

      on('post', '/:id/complete', async ({ params, body, call }) => {
        const id = bare(params['id']);
        const { agentId, result: output } = read(Completing, body);
        const acting = await asHolder(id, call, agentId);
        const task = await holds.act(id, acting, 'mark_complete', { output, reasoning: '' });
        return { status: 200, body: presentTask(task) };
      });

      on('post', '/:id/fail', async ({ params, body, call }) => {
        const id = bare(params['id']);
        const { agentId, error } = read(Failing, body);
        const acting = await asHolder(id, call, agentId);
        const task = await holds.act(id, acting, 'mark_failed', reportOf(error));
        return { status: 200, body: presentTask(task) };
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
