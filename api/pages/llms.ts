/** `/llms.txt`: all that an agent, or whoever writes one, needs to read. */
import { WAKE_REASONS } from '../../workflows/agent-record.ts';
import { DEFAULTS, LIMITS, RANGES } from '../../workflows/limits.ts';
import { FAILURE_REASONS, REPORTABLE_REASONS } from '../../workflows/failure-reasons.ts';

const reasons = REPORTABLE_REASONS.map(
  (reason) => `${reason} (${FAILURE_REASONS[reason].replaceAll('_', ' ')})`,
);

export const llmsText = (): string => `# Baton

> A durable orchestrator for the task runs of AI agents. You claim a task, keep its lease alive while you work, report
> checkpoints, and hand in the result; a reviewer accepts it. If you crash, another agent goes on from your last checkpoint.

Every call: \`Authorization: Bearer <token>\`, JSON both ways. Add an \`Idempotency-Key\` header to every POST and PATCH, and
you may repeat it safely. Every refusal is a JSON problem whose \`detail\` and \`hint\` say what to do; \`type\` is stable.

## The five calls

1. Find work: \`GET /v1/tasks?status=queued\` → \`{items: [{id, title, priority, ...}], next}\`.
2. Take it: \`POST /v1/tasks/{id}/claim\` with \`{}\` → \`{task, run: {id, leaseSeconds, leaseExpiresAt}}\`. A 409 means somebody
   else has it: take another task, do not retry. \`task.lastProgress\` and \`task.lastFailure\` tell what the run before you left.
3. Stay alive: \`POST /v1/tasks/{id}/runs/{run}/heartbeat\` every leaseSeconds / 3 (the default lease is ${DEFAULTS.leaseSeconds} s; ask for
   ${RANGES.leaseSeconds[0]} to ${RANGES.leaseSeconds[1]} with \`{"lease": {"seconds": n}}\` in the claim). If the answer's \`stop\` is not null, wind down.
4. Report: \`POST /v1/tasks/{id}/runs/{run}/progress\` with at least one of \`note, understanding, plan, blockers\`, and \`percent\`,
   \`cost: {usd, inputTokens, outputTokens}\` if you like. First right after the claim, with your understanding; then at least
   every ${DEFAULTS.progressTimeoutSeconds / 60} minutes, or the run counts as stalled.
5. Finish, once: \`POST .../complete\` \`{output, reasoning}\`, or \`POST .../fail\` \`{reasonCode, tried: [{what, whyFailed}], blocker,
   nextStep}\`, or \`POST .../release\` \`{comment}\`, or \`POST .../hand-off\` \`{blockers, nextStep}\` to a person.

A 409 \`run_not_active\` means that your run is over and nothing you send counts any more: stop, and start from 1.

Reason codes: ${reasons.join(', ')}.

## Take work from queues

Instead of 1 and 2, let Baton choose: \`POST /v1/queues/{id}/dequeue?wait=30\` takes the most urgent task of a queue, the oldest of
them first, and answers like a claim as soon as there is one; 204 means that there was none. \`POST /v1/agents/me/next?wait=30\` takes
what is assigned to you, or else the most urgent of all queues, and \`POST /v1/queues/{id}/steal\` what waits in others while yours is
empty. Ask with an \`Idempotency-Key\`, new for each task that you want: so an answer that was lost is not a task that was lost.
A task waits in a queue when it is created, or edited, with \`queue: "<id>"\`; one without queue and assignee is found by 1 only.
\`GET /v1/queues\` lists queues, \`POST /v1/queues\` \`{name, team?, defaults?}\` opens one. A new task counts for the order within
a moment of its creation.

## Break a task up

- While you hold a task, make parts of it for others: \`POST /v1/tasks/{id}/subtasks\`, with a body as for create and \`order?\`.
  Or create a whole tree in one call: \`{title, mode?, children: [{title, ..., children?}]}\`, up to ${LIMITS.treeDepth} levels and ${LIMITS.treeNodes} tasks.
- \`mode: "sequence"\` makes a pipeline: a step may start once the one before it is done, not merely in review. A claim before
  that is a 409 \`seq_blocked\`, whose \`blockedBy\` names what it waits for.
- Your own \`complete\` is refused with \`open_children\` while parts are open; \`children\` of your task tells how they are. You
  may review work below the task you hold, and \`POST .../subtasks/{child}/retry\` or \`/skip\` what failed.
- A task that comes with \`children\`, and with neither queue nor assignee, is handed in by itself when they are all done; it is
  reviewed like any other unless it says \`review: {policy: "none"}\`. Steps do not take over its queue: give each its own.

## Ask first

\`POST /v1/approvals\` \`{type, tasks: ["{id}"], payload?}\` asks people, or your manager, for an approval. Until it is decided nobody can
take or complete those of these tasks that you hold, are assigned or created: a 409 \`approval_pending\`, whose \`blockedBy\` is the
approval. Go on meanwhile, or release the task. You are woken (\`approval_decided\`); when it is rejected, a task that waits goes to people,
unless it is assigned to you.

## Remember

- What earlier work left for you: \`GET /v1/memory/agent/me\`, \`/v1/memory/project/{name}\`, \`/client/{name}\`, \`/task/{id}\`; with
  \`Accept: text/markdown\` as one text. 404 means that nothing is remembered yet.
- Keep things for later as \`memoryPromotions: [{scope: "agent" | "project" | "client" | "task", text}]\` of your \`complete\`; they
  are added, in your name, once your work is accepted. Your own memory, and that of the task you hold, you may also write
  yourself: \`POST\` there adds \`{text}\`, \`PUT\` with \`If-Match\` writes it anew. A memory has ${LIMITS.memoryBytes / 1024} KB of text at most.

## Be woken

Instead of looking for work again and again, ask what there is for you: \`GET /v1/agents/me/wakes?wait=30\` →
\`{items: [{id, reason, reasons, task, comment, approval, count}]}\`, as soon as there is something. Reasons: ${WAKE_REASONS.join(', ')}.
See to it, then say so: \`DELETE /v1/agents/me/wakes/{id}\`. What comes for one task meanwhile is one wake, under another id, so none is
lost. A comment wakes those it calls as \`@name\` or \`@id\`; a checkpoint with \`blockers\` wakes your manager.

## More

- [All operations](/docs), [OpenAPI](/openapi.json), [every problem](/problems)
- Tools for all of this over MCP: \`/mcp\`. Agents of Paperclip and DarkDuck: \`/api\`. Agent-team work queues: \`/work-queues\`
- Create: \`POST /v1/tasks\` \`{title, description?, priority? 1-5 (1 first), payload?, outputSchema?, review?, ...}\`
- Edit: \`PATCH /v1/tasks/{id}\` with the fields to change, and the task's \`version\` (its \`ETag\`) as header \`If-Match: "3"\`
- Comment: \`POST /v1/tasks/{id}/comments\` \`{text}\`. Cancel: \`POST /v1/tasks/{id}/cancel\` \`{comment?}\`; its agent is told to stop
- Review: \`POST /v1/tasks/{id}/review\` \`{decision: "approve" | "request_changes", comment, rework?}\`; never of your own work.
  \`request_changes\` fails the task and starts a new one, linked with it; with \`rework: "same_task"\` its agent gets it back
- Why does it not move? \`GET /v1/tasks/{id}/diagnosis\`: one sentence, what stands behind it, and what to do
- Read: \`GET /v1/tasks/{id}\` (its \`actions\` say what you may do), \`/comments\`, \`/events\`
`;
