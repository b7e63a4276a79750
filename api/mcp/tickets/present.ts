/** How tickets look: whole where one is answered, brief in lists. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { Task } from '../../../workflows/task-record.ts';
import { inOrder } from '../../../workflows/tree.ts';
import type { TaskRow } from '../../services/listing.ts';
import { shape, toon, word } from '../toon.ts';
import type { Shape, Value } from '../toon.ts';
import { uaOf } from './etag.ts';
import { execModeOf, linkTypeOf, ownLabels, priorityOf, statusOf, typeOf } from './words.ts';

/** The latest of many. */
const COMMENTS_SHOWN = 20;

const wordIf = (text: string | undefined) => (text === undefined ? undefined : word(text));
const some = <T extends Value>(values: T[]) => (values.length > 0 ? values : undefined);

export const answered = (value: Value): CallToolResult => ({
  content: [{ type: 'text', text: toon(value) }],
});

export const OK = answered(shape('', { ok: true }));

/** Who works on it, is to, or did. */
const whoOf = ({ run, definition, submission }: Task): string | undefined =>
  run?.agent ?? definition.assignee ?? submission?.agent;

/** A ticket as lists by relation show it, for it was read and not looked up. */
export function brief(task: Task): Shape {
  const { id, status, definition, parent, children } = task;
  return shape('T', {
    id: word(id),
    t: definition.title,
    s: word(statusOf(status, definition.labels)),
    p: word(priorityOf(definition.priority)),
    typ: definition.type === undefined ? undefined : word(typeOf(definition.type)),
    lbl: some(ownLabels(definition.labels).map(word)),
    as: wordIf(whoOf(task)),
    em: word(execModeOf(definition.mode)),
    ord: parent?.order,
    par: wordIf(parent?.id),
    ch: some(inOrder(children).map((child) => word(child.id))),
    ua: word(uaOf(task)),
  });
}

/** The whole ticket. */
export function whole(task: Task): Shape {
  const { ua, ...fields } = brief(task).fields;
  const comments = task.comments
    .slice(-COMMENTS_SHOWN)
    .map(({ by, at, text }) => shape('C', { by: word(by.id), at: word(at), b: text }));
  const links = (task.links ?? []).map(({ to, type }) =>
    shape('L', { typ: word(linkTypeOf(type)), to: word(to) }),
  );
  return shape('T', {
    ...fields,
    d: task.definition.description,
    ca: word(task.createdAt),
    ua,
    cmt: some(comments),
    lnk: some(links),
  });
}

/** A ticket as lists show it, which know no etag. */
export function listed(row: TaskRow): Shape {
  return shape('T', {
    id: word(row.id),
    t: row.title,
    s: word(statusOf(row.status, row.labels)),
    p: word(priorityOf(row.priority)),
    typ: row.type === undefined ? undefined : word(typeOf(row.type)),
    lbl: some(ownLabels(row.labels).map(word)),
    as: wordIf(row.holder ?? row.assignee),
    ord: row.order,
    par: wordIf(row.parent),
  });
}
