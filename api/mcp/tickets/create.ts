/** New tickets. */
import type { Task } from '../../../workflows/task-record.ts';
import { IN_THE_SAME_TASK } from '../../dialects/defaults.ts';
import { invalidRequest } from '../../problems.ts';
import type { Services } from '../../services/index.ts';
import type { Asking } from '../tool.ts';
import { bareId } from '../tool.ts';
import type { Given } from './define.ts';
import { about } from './refuse.ts';
import { TYPES, labelsFor, modeOf, urgencyOf } from './words.ts';

export type NewTicket = Given<
  'title',
  | 'type'
  | 'priority'
  | 'description'
  | 'labels'
  | 'parent_id'
  | 'exec_mode'
  | 'exec_order'
  | 'status'
  | 'assignee'
>;

export function createNewTicket({ creation, tasks }: Services) {
  return async (given: NewTicket, { call }: Asking): Promise<Task> => {
    const { title, description, assignee, parent_id, exec_mode = 'par', exec_order, status = 'bk' } = given;
    if (status !== 'bk' && status !== 'td')
      throw invalidRequest([{ pointer: 'status', detail: 'of a new ticket is bk or td' }]);
    if (exec_order !== undefined && parent_id === undefined)
      throw invalidRequest([{ pointer: 'exec_order', detail: 'is for a ticket that has a parent_id' }]);
    const body = {
      ...IN_THE_SAME_TASK,
      // One that is built call by call never knows whether it is complete.
      autoComplete: false,
      title,
      type: TYPES[given.type ?? 'tsk'],
      priority: urgencyOf(given.priority ?? 'm'),
      labels: labelsFor(given.labels ?? [], status === 'td'),
      // Its own sub-tickets say themselves what they wait for; this only keeps what was said of this one.
      mode: modeOf(exec_mode),
      ...(description !== undefined && { description }),
      ...(assignee && { assignee }),
    };
    if (parent_id === undefined) return await creation.task(call, body);
    const parent = bareId(parent_id);
    const place = { isStep: exec_mode === 'seq', ...(exec_order !== undefined && { order: exec_order }) };
    return await about(parent_id, call, tasks, creation.subtask(parent, call, { ...body, ...place }));
  };
}
