/** The thirteen tools of tickets. Three of them are an agent's loop: the backlog, a claim, an update. */
import { LIMITS } from '../../../workflows/limits.ts';
import type { RouteDeps } from '../../routes/deps.ts';
import { actingAs } from '../../dialects/dialect.ts';
import { bareId } from '../tool.ts';
import type { Tool } from '../tool.ts';
import { commentBy } from './comment.ts';
import { createNewTicket } from './create.ts';
import { ticketTool } from './define.ts';
import { TELL } from './descriptions.ts';
import { diagramOf } from './diagram.ts';
import { versionBy } from './etag.ts';
import { createHold } from './hold.ts';
import { createLists } from './lists.ts';
import { OK, answered, brief, whole } from './present.ts';
import { about, unlessNone } from './refuse.ts';
import { createReadTree, flat } from './tree.ts';
import { createUpdate } from './update.ts';
import { linkOf } from './words.ts';

const READS = { readOnlyHint: true };

export function ticketTools({ services }: RouteDeps): Tool[] {
  const { tasks, runs, bySight } = services;
  const hold = createHold(services);
  const newTicket = createNewTicket(services);
  const update = createUpdate(services, hold);
  const lists = createLists(services);
  const readTree = createReadTree(services);

  return [
    ticketTool({
      name: 'ticket_backlog',
      description: TELL.backlog,
      optional: ['limit'],
      annotations: READS,
      run: lists.backlog,
    }),
    ticketTool({
      name: 'ticket_claim',
      description: TELL.claim,
      required: ['id'],
      optional: ['assignee', 'etag'],
      async run({ id, assignee, etag }, asking) {
        const taskId = bareId(id);
        const call = actingAs(asking.call, assignee || undefined);
        const claimed =
          etag === undefined
            ? hold.take(taskId, { ...asking, call })
            : bySight({ ...call, said: undefined }, taskId, (task) =>
                hold.take(taskId, { ...asking, call: { ...call, ifVersion: versionBy(etag, task) } }),
              );
        return answered(whole(await about(id, call, tasks, claimed)));
      },
    }),
    ticketTool({
      name: 'ticket_update',
      description: TELL.update,
      required: ['id'],
      optional: [
        'status',
        'etag',
        'body',
        'author',
        'title',
        'type',
        'priority',
        'description',
        'labels',
        'assignee',
        'exec_mode',
        'exec_order',
        'parent_id',
      ],
      run: async (given, asking) =>
        answered(whole(await about(given.id, asking.call, tasks, update(given, asking)))),
    }),
    ticketTool({
      name: 'ticket_get',
      description: TELL.get,
      required: ['id'],
      annotations: READS,
      async run({ id }, asking) {
        const task = await about(id, asking.call, tasks, tasks.read(asking.call.principal, bareId(id)));
        await runs.keepAlive(task, asking.call);
        return answered(whole(task));
      },
    }),
    ticketTool({
      name: 'ticket_create',
      description: TELL.create,
      required: ['title'],
      optional: [
        'type',
        'priority',
        'description',
        'labels',
        'parent_id',
        'exec_mode',
        'exec_order',
        'status',
        'assignee',
      ],
      run: async (given, asking) => answered(whole(await newTicket(given, asking))),
    }),
    ticketTool({
      name: 'ticket_children',
      description: TELL.children,
      required: ['id'],
      optional: ['recursive', 'depth'],
      annotations: READS,
      async run({ id, recursive, depth }, asking) {
        const levels = depth ?? (recursive ? LIMITS.treeDepth : 1);
        const tree = await about(id, asking.call, tasks, readTree(bareId(id), levels, asking));
        return answered(flat(tree).map(brief));
      },
    }),
    ticketTool({
      name: 'ticket_list',
      description: TELL.list,
      optional: [
        'status',
        'type',
        'priority',
        'labels',
        'assignee',
        'parent_id',
        'limit',
        'include_archived',
      ],
      annotations: READS,
      run: lists.list,
    }),
    ticketTool({
      name: 'ticket_board',
      description: TELL.board,
      optional: ['type', 'priority', 'labels', 'assignee', 'parent_id', 'limit', 'include_archived'],
      annotations: READS,
      run: lists.board,
    }),
    ticketTool({
      name: 'ticket_search',
      description: TELL.search,
      required: ['query'],
      optional: ['limit', 'include_archived'],
      annotations: READS,
      run: lists.search,
    }),
    ticketTool({
      name: 'ticket_diagram',
      description: TELL.diagram,
      required: ['id'],
      optional: ['depth'],
      annotations: READS,
      async run({ id, depth = LIMITS.treeDepth }, asking) {
        const tree = await about(id, asking.call, tasks, readTree(bareId(id), depth, asking));
        return { content: [{ type: 'text', text: diagramOf(tree) }] };
      },
    }),
    ticketTool({
      name: 'ticket_comment',
      description: TELL.comment,
      required: ['id', 'body'],
      optional: ['author'],
      async run({ id, body, author }, { call }) {
        const comment = commentBy(author, call.principal, body);
        const told = tasks.tell(bareId(id), 'comment', call, { comment });
        const task = await about(id, call, tasks, told);
        await runs.keepAlive(task, call);
        return answered(whole(task));
      },
    }),
    ticketTool({
      name: 'ticket_link',
      description: TELL.link,
      required: ['from_id', 'to_id', 'link_type'],
      async run({ from_id, to_id, link_type }, { call }) {
        const link = { to: bareId(to_id), type: linkOf(link_type) };
        const linked = about(from_id, call, tasks, tasks.link(bareId(from_id), call, link));
        await linked.catch(unlessNone(to_id));
        return OK;
      },
    }),
    ticketTool({
      name: 'ticket_archive',
      description: TELL.archive,
      required: ['id'],
      async run({ id }, { call }) {
        await about(id, call, tasks, tasks.tell(bareId(id), 'archive', call, {}));
        return OK;
      },
    }),
  ];
}
