/** Carries out what a `PATCH` of an issue asks for: one message to its task, so that all of it happens or nothing. */
import type { Edit } from '../../../workflows/definition.ts';
import type { Task } from '../../../workflows/task-record.ts';
import type { Principal } from '../../auth.ts';
import { Problem, invalidRequest } from '../../problems.ts';
import type { Services } from '../../services/index.ts';
import type { MayTake } from '../../services/holds.ts';
import type { Seen } from '../../services/last-seen.ts';
import type { Request } from '../../services/messages.ts';
import { following, forHolder } from '../dialect.ts';
import { asAssignee } from './checkout.ts';
import { assigneeOf } from './present.ts';
import { editOf, meaningOf, noteOf } from './meaning.ts';
import type { Meaning } from './meaning.ts';
import type { Patch } from './schemas.ts';
import { wordOf } from './words.ts';

type Call = Request & { principal: Principal };

interface Wanted {
  task: Seen;
  whole: () => Promise<Task>;
  /** What is sent counts for the version that was seen, if it depends on anything but who holds the issue. */
  call: Call;
  patch: Patch;
  comment: string | undefined;
  /** Comment and fields, as they ride along with any message. */
  along: { comment?: string; edit?: Edit };
}

export interface Changed {
  task: Task;
  /** The caller held the issue when it said so. */
  byHolder: boolean;
}

/** Changes the issue as the patch says; answers it after that. Throws why it may not, or can not, be changed. */
export async function change(
  services: Services,
  issueId: string,
  caller: Call,
  patch: Patch,
): Promise<Changed> {
  let byHolder = false;
  const task = await services.bySight(caller, issueId, (seen, call, whole) => {
    byHolder = seen.run?.agent === caller.principal.id;
    return changeSeen(services, { task: seen, whole }, call, patch);
  });
  return { task, byHolder };
}

async function changeSeen(
  services: Services,
  { task, whole }: Pick<Wanted, 'task' | 'whole'>,
  caller: Call,
  patch: Patch,
): Promise<Task> {
  if (patch.parentId !== undefined && patch.parentId !== (task.parent?.id ?? null)) {
    throw invalidRequest([
      { pointer: '/parentId', detail: 'can not be changed: create it anew below the other' },
    ]);
  }
  const meaning = meaningOf(task, patch, caller.principal.id);
  const acting = isForHolder(patch, meaning) ? forHolder(caller, task) : caller;
  const edit = editOf(task, patch);
  const isFenced = task.run?.agent === acting.principal.id && BY_RUN.includes(meaning) && !edit;
  const call = isFenced ? { ...acting, ifVersion: undefined } : acting;
  const { comment } = patch;
  const along = { ...(comment !== undefined && { comment }), ...(edit && { edit }) };
  return await DO[meaning](services, { task, whole, call, patch, comment, along });
}

/** What an operator wants of an issue that somebody works on is done in the name of whoever does. */
const isForHolder = ({ status, assigneeAgentId }: Patch, meaning: Meaning): boolean =>
  meaning !== 'cancel' && (status !== undefined || assigneeAgentId !== undefined);

/** What is said by the run that holds the issue, which is all the fence it needs. */
const BY_RUN: readonly Meaning[] = ['progress', 'hand_in', 'block', 'give_back'];

const DO: Record<Meaning, (services: Services, wanted: Wanted) => Promise<Task>> = {
  async say(services, { task, whole, call, patch, comment, along }) {
    const { tasks, runs } = services;
    if (comment === undefined && along.edit) return await tasks.edit(task.id, call, along.edit);
    if (comment === undefined || (patch.status !== undefined && !along.edit)) {
      const present = await whole();
      await runs.keepAlive(present, call);
      if (comment === undefined || saidLast(present, call.principal, comment)) return present;
    }
    return await tasks.tell(task.id, 'comment', call, { ...along, comment });
  },

  progress: ({ holds }, { task, call, patch, comment, along }) => {
    const content = { ...(comment !== undefined && { note: noteOf(comment) }), ...taking(task, call, along) };
    return holds.act(task.id, call, 'report_progress', content, patch.status ? 'always' : 'again');
  },

  hand_in: ({ holds }, { task, call, patch, comment, along }) => {
    const content = {
      output: comment ?? null,
      reasoning: comment ?? '',
      ...(patch.status === 'in_review' && { forReview: true }),
      ...taking(task, call, along),
    };
    return holds.act(task.id, call, 'mark_complete', content, mayTake(task));
  },

  block: ({ holds, tasks }, { task, call, comment, along }) => {
    const { principal } = call;
    const content = { blockers: noteOf(comment ?? 'No reason was given.'), ...along };
    const isTheirs = principal.role !== 'agent' || task.definition.assignee === principal.id;
    // Nobody need hold what nobody is going to work on.
    if (!task.run && isTheirs) return tasks.tell(task.id, 'hand_off', call, content);
    return holds.act(task.id, call, 'hand_off', { ...content, ...taking(task, call, along) }, mayTake(task));
  },

  async cancel(services, { task, call, along }) {
    const { tasks, holds } = services;
    const isMine = task.run?.agent === call.principal.id;
    const after = await tasks.cancel(task.id, call, { ...along, ...(await granted(services, task, call)) });
    // Who cancels what it works on itself needs no time to wind down.
    if (!isMine || !after.run) return after;
    return await holds.act(task.id, following(call), 'release', {});
  },

  give_back: ({ holds }, { task, call, along }) => holds.act(task.id, call, 'release', along, 'never'),

  async resume(services, { task, call, along }) {
    const isAnybodys = assigneeOf(task) === null;
    const leave = isAnybodys ? { granted: true } : await granted(services, task, call);
    return await services.tasks.tell(task.id, 'resume', call, { ...along, ...leave });
  },

  async reopen(services, { task, call, patch, along }) {
    const to = patch.status === 'blocked' ? ('handoff' as const) : ('queued' as const);
    const content = { to, ...along, ...(await granted(services, task, call)) };
    return await services.tasks.tell(task.id, 'reopen', call, content);
  },

  approve: ({ review }, { task, call, along }) => review(task.id, 'approve', call, along),

  send_back: ({ review }, { task, call, comment = 'It was sent back.', along }) =>
    review(task.id, 'request_changes', call, { ...along, comment, rework: 'same_task' }),
};

/** Only what waits can be taken by the message itself; of what is over, only the very same message is right again. */
const mayTake = ({ status }: Seen): MayTake =>
  status === 'queued' || status === 'handoff' ? 'always' : 'again';

/** What rides along with a message that may take the issue: then it has an assignee, as after a checkout. */
function taking(task: Seen, { principal }: Call, along: Wanted['along']): Wanted['along'] {
  if (task.run || mayTake(task) !== 'always') return along;
  const edit = { ...asAssignee(task, principal).edit, ...along.edit };
  return Object.keys(edit).length > 0 ? { ...along, edit } : along;
}

/** Whether this is what the caller said last: then the same request has come twice. */
const saidLast = (task: Task, { id }: Principal, comment: string): boolean =>
  task.comments.findLast(({ by }) => by.id === id)?.text === comment;

/** Lets an agent cancel or take up again what is its own, in some way, or of those who report to it. */
async function granted({ agents }: Services, task: Seen, { principal }: Call): Promise<{ granted?: true }> {
  if (principal.role !== 'agent') return {};
  const { assignee } = task.definition;
  const concerned = [assigneeOf(task), assignee ?? null, task.createdBy.id].filter((id) => id !== null);
  if (concerned.includes(principal.id) || (await agents.managesAnyOf(principal, concerned)))
    return { granted: true };
  throw new Problem('forbidden', {
    detail: `This issue is ${wordOf(task)}, and neither yours nor of anybody who reports to you.`,
    hint: 'Reassign it to your manager, or comment on it.',
  });
}
