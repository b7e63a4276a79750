/**
 * How long calls of the foreign protocols take beside the native calls that come to the same. Both live through the same
 * tasks step by step, each in turn first, so that whatever else goes on disturbs both alike.
 */
import { createCaller } from './http-caller.ts';
import type { Caller } from './http-caller.ts';
import { WORK } from './lifecycle.ts';
import { median } from './statistics.ts';
import type { Stack } from './stack.ts';
import { createToolCaller } from './tool-caller.ts';
import type { ToolCaller } from './tool-caller.ts';

/** Milliseconds of each call, theirs and ours. */
export interface Beside {
  theirs: number[];
  ours: number[];
}
/** By protocol, then by call. */
export type DialectTimes = Record<string, Record<string, Beside>>;

export interface DialectPlan {
  lives: number;
  /** How many issues or tickets the lists have. */
  listed: number;
}

type Ask = () => Promise<unknown>;
/** The steps of a life, in their order; each finds what the ones before it left. */
type Life = [step: string, theirs: Ask, ours: Ask][];

interface Cast {
  agent: Caller;
  tools: ToolCaller;
  /** Two queues that nobody else uses. */
  queues: [theirs: string, ours: string];
}

/** Like what comes by their protocols. */
const LIKE_THEIRS = {
  review: { policy: 'none' },
  lease: { seconds: 3_600 },
  progressTimeoutSeconds: 0,
  settleSeconds: 86_400,
};
const { title, description } = WORK.definition;
const OURS = { title, description, ...LIKE_THEIRS };
const NOTE = 'Half of the tickets are read; those about the login stand out.';
const DONE = { output: NOTE, reasoning: NOTE };
const COMPANY = 'default';

export async function measureDialects(
  stack: Stack,
  { lives, listed }: DialectPlan,
  say: (line: string) => void,
): Promise<DialectTimes> {
  const token = await stack.token('agent', 'dilly');
  const [agent, tools] = [createCaller(stack.apiUrl, token), createToolCaller(stack.apiUrl, token)];
  const queue = async () => (await agent.call<{ id: string }>('POST', '/v1/queues', { name: 'bench' })).id;
  const cast: Cast = { agent, tools, queues: [await queue(), await queue()] };
  for (let i = 0; i < listed; i += 1) {
    await agent.call('POST', '/v1/tasks', { ...OURS, assignee: 'dilly', project: 'listed' });
  }
  const times: DialectTimes = {};
  for (const [name, life] of Object.entries(LIVES)) {
    // The first are for warming up.
    await live(life(cast), 0);
    await live(life(cast), 1);
    times[name] = {};
    for (let i = 0; i < lives; i += 1) {
      for (const [step, beside] of await live(life(cast), i)) {
        const all = (times[name][step] ??= { theirs: [], ours: [] });
        all.theirs.push(beside.theirs);
        all.ours.push(beside.ours);
      }
    }
    say(`${name}: ${shown(times[name])}`);
  }
  agent.close();
  tools.close();
  return times;
}

async function live(life: Life, turn: number): Promise<[string, { theirs: number; ours: number }][]> {
  const taken: [string, { theirs: number; ours: number }][] = [];
  for (const [i, [step, theirs, ours]] of life.entries()) {
    if ((turn + i) % 2) {
      const first = await timed(ours);
      taken.push([step, { theirs: await timed(theirs), ours: first }]);
    } else taken.push([step, { theirs: await timed(theirs), ours: await timed(ours) }]);
  }
  return taken;
}

async function timed(ask: Ask): Promise<number> {
  const from = performance.now();
  await ask();
  return performance.now() - from;
}

/** The same life natively: its id and its run, once it has them, and what is done with them. */
function native({ agent }: Cast, also: object = {}) {
  let id = '';
  let run = '';
  const ofTask = (path = '') => `/v1/tasks/${id}${path}`;
  const take = async (taken: Promise<{ task: { id: string }; run: { id: string } }>) =>
    ({
      task: { id },
      run: { id: run },
    } = await taken);
  return {
    create: async () =>
      ({ id } = await agent.call<{ id: string }>('POST', '/v1/tasks', { ...OURS, ...also })),
    read: () => agent.call('GET', ofTask()),
    claim: () => take(agent.call('POST', ofTask('/claim'))),
    dequeue: (queue: string) => take(agent.call('POST', `/v1/queues/${queue}/dequeue?wait=10`)),
    comment: () => agent.call('POST', ofTask('/comments'), { text: NOTE }),
    part: () => agent.call('POST', ofTask('/subtasks'), OURS),
    run: (call: string, body: object = {}) => agent.call('POST', ofTask(`/runs/${run}/${call}`), body),
    get id() {
      return id;
    },
    get runId() {
      return run;
    },
  };
}

const LIVES: Record<string, (cast: Cast) => Life> = {
  Paperclip(cast) {
    const { agent } = cast;
    const ours = native(cast);
    let id = '';
    const issue = (path = '') => `/api/issues/${id}${path}`;
    const checkout = { agentId: 'dilly', expectedStatuses: ['todo', 'backlog', 'blocked'] };
    const create = async () =>
      ({ id } = await agent.call<{ id: string }>('POST', `/api/companies/${COMPANY}/issues`, {
        title,
        description,
      }));
    const patch = (body: object) => agent.call('PATCH', issue(), body);
    const list = `/api/companies/${COMPANY}/issues?projectId=listed&status=todo`;
    return [
      [
        'list',
        () => agent.call('GET', list),
        () => agent.call('GET', '/v1/tasks?project=listed&status=queued&limit=50'),
      ],
      ['create', create, ours.create],
      ['read', () => agent.call('GET', issue()), ours.read],
      ['new comment', () => agent.call('POST', issue('/comments'), { body: NOTE }), ours.comment],
      ['checkout ÷ claim', () => agent.call('POST', issue('/checkout'), checkout), ours.claim],
      ['comment ÷ progress', () => patch({ comment: NOTE }), () => ours.run('progress', { note: NOTE })],
      ['release', () => agent.call('POST', issue('/release')), () => ours.run('release')],
      ['checkout ÷ claim', () => agent.call('POST', issue('/checkout'), checkout), ours.claim],
      ['done ÷ complete', () => patch({ status: 'done', comment: NOTE }), () => ours.run('complete', DONE)],
    ];
  },

  'work queues'(cast) {
    const { agent, queues } = cast;
    const ours = native(cast, { queue: queues[1] });
    const theirs = `/work-queues/${queues[0]}`;
    let id = '';
    const dequeue = async () =>
      ({ id } = await agent.call<{ id: string }>('POST', `${theirs}/dequeue?wait=10`));
    return [
      [
        'create',
        () => agent.call('POST', `${theirs}/tasks`, { name: title, payload: description }),
        ours.create,
      ],
      ['dequeue', dequeue, () => ours.dequeue(queues[1])],
      [
        'complete',
        () => agent.call('POST', `/work-queue-tasks/${id}/complete`, { result: NOTE }),
        () => ours.run('complete', DONE),
      ],
      ['read', () => agent.call('GET', `/work-queue-tasks/${id}`), ours.read],
    ];
  },

  tickets(cast) {
    const { agent, tools } = cast;
    const ours = native(cast);
    let [id, ua] = ['', ''];
    const say = async (tool: string, args: object) => {
      const answer = await tools.call(tool, args);
      [, id = id] = /^TOON\/1 T\{id:"?([\w-]+)/.exec(answer) ?? [];
      [, ua = ua] = /,ua:"?([^",}]+)/.exec(answer) ?? [];
    };
    const list = '/v1/tasks?assignee=dilly&status=queued&limit=50';
    return [
      [
        'list',
        () => tools.call('ticket_list', { assignee: 'dilly', status: 'bk' }),
        () => agent.call('GET', list),
      ],
      ['create', () => say('ticket_create', { title, description }), ours.create],
      ['get ÷ read', () => say('ticket_get', { id }), ours.read],
      ['comment', () => say('ticket_comment', { id, body: NOTE }), ours.comment],
      ['claim', () => say('ticket_claim', { id }), ours.claim],
      [
        'dn ÷ complete',
        () => say('ticket_update', { id, s: 'dn', etag: ua }),
        () => ours.run('complete', DONE),
      ],
    ];
  },

  'company agents'(cast) {
    const { tools } = cast;
    const [theirs, ours] = [native(cast), native(cast)];
    const say = (tool: string, args: object) =>
      tools.call(tool, { task_id: theirs.id, ...(theirs.runId && { run_id: theirs.runId }), ...args });
    return [
      // Both natively: a launcher does this for them.
      ['', theirs.create, ours.create],
      ['get_task ÷ read', () => say('get_task', {}), ours.read],
      ['', theirs.claim, ours.claim],
      [
        'report_progress',
        () => say('report_progress', { note: NOTE }),
        () => ours.run('progress', { note: NOTE }),
      ],
      ['mark_complete', () => say('mark_complete', DONE), () => ours.run('complete', DONE)],
    ];
  },
};

const ratio = ({ theirs, ours }: Beside): string => (median(theirs) / median(ours)).toFixed(2);
const shown = (steps: Record<string, Beside>): string =>
  Object.entries(steps)
    .filter(([step]) => step !== '')
    .map(([step, beside]) => `${step} ${ratio(beside)} (${ms(beside.theirs)} ÷ ${ms(beside.ours)})`)
    .join(', ');
const ms = (times: number[]): string => median(times).toFixed(1);

/** The rows of the table. */
export const dialectRows = (times: DialectTimes): string[][] =>
  Object.entries(times).map(([name, steps]) => [
    `${name} ÷ native, time per call, ms`,
    shown(steps),
    '≤ 1.1',
  ]);
