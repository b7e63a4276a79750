/** What an update of a ticket asks for: which move it is, and what it edits. Pure. */
import type { Edit } from '../../../workflows/definition.ts';
import { isTerminal } from '../../../workflows/task-state.ts';
import type { Seen } from '../../services/last-seen.ts';
import type { Given } from './define.ts';
import { TYPES, isTodo, labelsFor, ownLabels, urgencyOf } from './words.ts';
import type { Status } from './words.ts';

export type Changes = Given<
  'id',
  | 'title'
  | 'type'
  | 'priority'
  | 'description'
  | 'labels'
  | 'status'
  | 'assignee'
  | 'etag'
  | 'author'
  | 'body'
  | 'exec_mode'
  | 'exec_order'
  | 'parent_id'
>;

export type Move = 'claim' | 'complete' | 'hand_off' | 'cancel' | 'release' | 'resume' | 'reopen' | 'stay';

/** What has to happen to this ticket for it to get this status. */
export function moveTo(wanted: Status | undefined, { status }: Pick<Seen, 'status'>): Move {
  const mayReopen = status === 'done' || status === 'cancelled';
  switch (wanted) {
    case undefined:
      return 'stay';
    case 'ip':
      return 'claim';
    case 'dn':
      return status === 'done' ? 'stay' : 'complete';
    case 'cl':
      return isTerminal(status) && status !== 'done' ? 'stay' : 'cancel';
    case 'bl':
      if (status === 'handoff') return 'stay';
      return mayReopen ? 'reopen' : 'hand_off';
    case 'bk':
    case 'td':
      if (status === 'queued') return 'stay';
      if (status === 'handoff') return 'resume';
      return mayReopen ? 'reopen' : 'release';
  }
}

/** The fields that change, as the task has them; undefined where none does. */
export function editOf(given: Changes, move: Move, { definition }: Seen): Edit | undefined {
  const { title, type, priority, description, assignee, labels, status } = given;
  const wasTodo = isTodo(definition.labels);
  const todo = status === 'td' || (wasTodo && status !== 'bk');
  const edit: Edit = {
    ...(title !== undefined && { title }),
    ...(type !== undefined && { type: TYPES[type] }),
    ...(priority !== undefined && { priority: urgencyOf(priority) }),
    ...(description !== undefined && { description: description || null }),
    // Who claims is named as its assignee, too, which is no order to whoever comes later.
    ...(assignee !== undefined && move !== 'claim' && { assignee: assignee || null }),
    ...((labels !== undefined || todo !== wasTodo) && {
      labels: labelsFor(labels ?? ownLabels(definition.labels), todo),
    }),
  };
  return Object.keys(edit).length > 0 ? edit : undefined;
}
