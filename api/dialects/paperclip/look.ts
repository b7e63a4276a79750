/** Issues as they are looked at: in the inbox of an agent, or one with all that is above and below it. */
import type { z } from 'zod';
import type { Task } from '../../../workflows/task-record.ts';
import type { Principal } from '../../auth.ts';
import type { Answer } from '../../route.ts';
import { abreast } from '../../services/abreast.ts';
import type { Services } from '../../services/index.ts';
import type { TaskRow } from '../../services/listing.ts';
import { inOrder } from '../../../workflows/tree.ts';
import { isAmong, presentIssue, presentRow } from './present.ts';
import type { Row } from './present.ts';
import type { ListQuery } from './schemas.ts';
import { mayBeLapsed, statesOf, wordOfChild } from './words.ts';

/** So many tasks are read at a time, where a list does not know enough of them. */
const ABREAST = 10;

/** The most urgent first, and of those the oldest. A header says so when there are more than a list has. */
export async function listIssues(
  services: Services,
  principal: Principal,
  { status, assigneeAgentId, projectId, goalId, parentId }: z.output<typeof ListQuery>,
): Promise<Answer> {
  const wanted = {
    // A word of nothing asks for nothing in particular.
    statuses: status && status.length > 0 ? statesOf(status) : undefined,
    whose: assigneeAgentId,
    project: projectId,
    goal: goalId,
    parent: parentId,
  };
  const { rows, truncated } = await services.prioritised(principal, wanted);
  const issues = await presentRows(services, principal, rows);
  return {
    status: 200,
    body: issues.filter(isAmong(wanted.statuses && status)),
    ...(truncated && { headers: { 'x-truncated': 'true' } }),
  };
}

const presentRows = ({ tasks }: Services, principal: Principal, rows: TaskRow[]): Promise<Row[]> =>
  abreast(ABREAST, rows, async (row) => {
    if (!mayBeLapsed(row)) return presentRow(row);
    return presentRow(row, await tasks.lastKnown(principal, row.id).catch(() => undefined));
  });

/** An issue with what is above it up to the root, the nearest first, and what is below it. */
export async function presentWhole(services: Services, principal: Principal, task: Task) {
  const [ancestors, children] = await Promise.all([
    ancestorsOf(services, principal, task),
    childrenOf(services, principal, task),
  ]);
  return { ...presentIssue(task), ancestors, children };
}

async function ancestorsOf({ tasks }: Services, principal: Principal, task: Task) {
  const above: ReturnType<typeof presentIssue>[] = [];
  for (let { parent } = task; parent;) {
    const found = await tasks.lastKnown(principal, parent.id);
    above.push(presentIssue(found));
    parent = found.parent;
  }
  return above;
}

/** Those below it as a list has them, which may be a moment late; one that it does not have yet is read. */
async function childrenOf(services: Services, principal: Principal, { id, children }: Task): Promise<Row[]> {
  if (children.length === 0) return [];
  const listed = await services.listing.subtasksOf(principal, id);
  const rows = [...listed.values()].filter((row) => children.some((child) => child.id === row.id));
  const known = new Map((await presentRows(services, principal, rows)).map((row) => [row.id, row]));
  const below: Row[] = [];
  for (const child of inOrder(children)) {
    const row = known.get(child.id) ?? presentIssue(await services.tasks.lastKnown(principal, child.id));
    below.push({ ...row, status: wordOfChild(child.status) ?? row.status });
  }
  return below;
}
