/** Paperclip's issues: found, created, checked out, changed, released and talked about. */
import { DEFAULT_COMPANY } from '../../../workflows/actor.ts';
import type { Principal } from '../../auth.ts';
import { Problem } from '../../problems.ts';
import type { Answer } from '../../route.ts';
import type { Services } from '../../services/index.ts';
import type { Seen } from '../../services/last-seen.ts';
import { actingAs, read } from '../dialect.ts';
import type { Asked, On } from '../dialect.ts';
import { change } from './change.ts';
import type { Changed } from './change.ts';
import { checkOut } from './checkout.ts';
import { createIssue } from './create.ts';
import { listIssues, presentWhole } from './look.ts';
import { presentComment, presentIssue } from './present.ts';
import { refuseConflict } from './refuse.ts';
import { AddComment, ChangeIssue, Checkout, CreateIssue, ListQuery, Release, bareId } from './schemas.ts';

/** Throws `not_found` unless the path names the caller's company; the single tenant goes by any name. */
export function expectCompany({ params, call }: Asked): void {
  const { company } = call.principal;
  if (company === DEFAULT_COMPANY || params['companyId'] === company) return;
  throw new Problem('not_found', { detail: 'There is no such company, or it is not yours.' });
}

const idIn = ({ params }: Asked): string => bareId(params['issueId']!);

const NO_RUN_ID = {
  warning:
    '199 - "No run id: send X-Paperclip-Run-Id or X-DarkDuck-Run-Id, so that the record names your run"',
};

export function issueRoutes(on: On, services: Services): void {
  const { tasks, holds, runs, bySight } = services;

  /** Answers for an issue, and with what there is to know of it when something is in the way. */
  const onIssue =
    (handle: (asked: Asked, issueId: string) => Promise<Answer>) =>
    async (asked: Asked): Promise<Answer> => {
      const issueId = idIn(asked);
      return await handle(asked, issueId).catch(async (error: unknown) => {
        if (!(error instanceof Problem) || error.status !== 409) throw error;
        return refuseConflict(error, await tasks.lastKnown(asked.call.principal, issueId));
      });
    };

  const changed = ({ task, byHolder }: Changed, { callerRunId }: Asked['call']): Answer => ({
    status: 200,
    body: presentIssue(task),
    ...(byHolder && callerRunId === undefined && { headers: NO_RUN_ID }),
  });

  on('get', '/companies/:companyId/issues', async (asked) => {
    expectCompany(asked);
    return await listIssues(services, asked.call.principal, read(ListQuery, asked.query));
  });

  on('post', '/companies/:companyId/issues', async (asked) => {
    expectCompany(asked);
    const created = await createIssue(services, asked.call, read(CreateIssue, asked.body));
    return { status: 201, body: presentIssue(created), headers: { location: `/api/issues/${created.id}` } };
  });

  on('get', '/issues/:issueId', async (asked) => {
    const { call } = asked;
    const task = await tasks.read(call.principal, idIn(asked));
    await runs.keepAlive(task, call);
    return { status: 200, body: await presentWhole(services, call.principal, task) };
  });

  on(
    'post',
    '/issues/:issueId/checkout',
    onIssue(async ({ body, call, hungUp }, issueId) => {
      const { agentId, expectedStatuses } = read(Checkout, body);
      const task = await checkOut(services, issueId, actingAs(call, agentId), expectedStatuses, hungUp);
      return { status: 200, body: presentIssue(task) };
    }),
  );

  on(
    'patch',
    '/issues/:issueId',
    onIssue(async ({ body, call }, issueId) => {
      return changed(await change(services, issueId, call, read(ChangeIssue, body)), call);
    }),
  );

  on(
    'post',
    '/issues/:issueId/release',
    onIssue(async ({ body, call }, issueId) => {
      const { agentId, comment } = read(Release, body);
      const said = comment === undefined ? {} : { comment };
      const edit = { assignee: null };
      let byHolder = false;
      const task = await bySight(call, issueId, async (before, by, whole) => {
        const caller = actingAs(by, agentId ?? holderFor(by.principal, before));
        byHolder = before.run?.agent === caller.principal.id;
        if (byHolder) {
          const fenced = { ...caller, ifVersion: undefined };
          return await holds.act(issueId, fenced, 'release', { ...said, edit }, 'never');
        }
        const isTheirs = before.status === 'queued' && before.definition.assignee === caller.principal.id;
        return isTheirs ? await tasks.edit(issueId, caller, edit) : await whole();
      });
      return changed({ task, byHolder }, call);
    }),
  );

  on('get', '/issues/:issueId/comments', async (asked) => {
    const task = await tasks.read(asked.call.principal, idIn(asked));
    await runs.keepAlive(task, asked.call);
    return { status: 200, body: task.comments.map((comment) => presentComment(task.id, comment)) };
  });

  on(
    'post',
    '/issues/:issueId/comments',
    onIssue(async ({ body, call }, issueId) => {
      const { task, comment } = await tasks.comment(issueId, call, read(AddComment, body).body);
      await runs.keepAlive(task, call);
      return { status: 201, body: presentComment(issueId, comment) };
    }),
  );
}

/** An operator who names nobody releases the issue for whoever holds it. */
const holderFor = ({ role }: Principal, { run }: Seen): string | undefined =>
  role === 'operator' ? run?.agent : undefined;
