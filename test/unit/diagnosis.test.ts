import { describe, expect, test } from 'vitest';
import type { Circumstances, Pending, Place } from '../../api/diagnosis/circumstances.ts';
import { diagnose } from '../../api/diagnosis/diagnose.ts';
import { details } from '../../workflows/details.ts';
import { dues } from '../../workflows/occur.ts';
import { STATUSES, isTerminal } from '../../workflows/task-state.ts';
import { PureTask, aTaskThatIs, ada, at, bob, olga, rita } from '../support/task-fixture.ts';

const part = (id: string) => ({ id, definition: { title: `Part ${id}` } });
const pipeline = () => new PureTask({ mode: 'sequence' }, { children: ['a', 'b'].map(part) });
const step = () => new PureTask({ queue: 'soup' }, { gate: { blockedBy: 'a' } });

/** A diagnosis amid what is usual: a worker answers, and nothing else is known. */
const of = (task: PureTask, about: Partial<Circumstances> = {}) =>
  diagnose(task.task, {
    now: at(task.clock),
    pending: [],
    ...(isTerminal(task.status)
      ? { closedAt: at(task.clock) }
      : { worker: { answers: true, listens: true } }),
    ...about,
  });
const facts = (task: PureTask, about?: Partial<Circumstances>) =>
  Object.fromEntries(of(task, about).facts.map(({ name, text }) => [name, text]));
const advice = (task: PureTask, about?: Partial<Circumstances>) => of(task, about).whatToDo.join('\n');
const leaseOf = ({ task }: PureTask, also: Partial<Pending> = {}): Pending[] => [
  { id: task.run!.id, type: 'lease', state: 'started', attempt: 1, since: at(0), ...also },
];

describe('whatever state a task is in, its diagnosis', () => {
  const backingOff = () =>
    aTaskThatIs('running').do('mark_failed', ada, { reasonCode: 'unreachable_service' });
  const held = () => pipeline().hear({ child: 'a', status: 'failed' });
  const overdue = () =>
    aTaskThatIs('review', { review: { policy: 'required', timeoutSeconds: 60 } }).wait(60);
  const cases: [string, PureTask, waitsFor: object | null][] = [
    ['queued', aTaskThatIs('queued'), { kind: 'anybody' }],
    ['queued for an agent', new PureTask({ assignee: 'bob' }), { kind: 'agent', id: 'bob' }],
    ['queued in a queue', new PureTask({ queue: 'soup' }), { kind: 'queue', id: 'soup' }],
    ['behind its gate', step(), { kind: 'task', id: 'a' }],
    ['backing off', backingOff(), { kind: 'time' }],
    ['a container', pipeline(), { kind: 'subtasks', ids: ['a', 'b'] }],
    ['a container without parts', new PureTask({ autoComplete: true }), { kind: 'subtasks', ids: [] }],
    ['a held pipeline', held(), { kind: 'person', id: 'a' }],
    ['assigned', aTaskThatIs('assigned'), { kind: 'run' }],
    ['running', aTaskThatIs('running'), { kind: 'run' }],
    ['being cancelled', aTaskThatIs('running').do('cancel', olga).cancel(), { kind: 'run' }],
    ['in review', aTaskThatIs('review'), { kind: 'reviewer' }],
    ['overdue in review', overdue(), { kind: 'reviewer' }],
    ['handed off', aTaskThatIs('handoff'), { kind: 'person' }],
    ['done', aTaskThatIs('done'), null],
    [
      'done without review',
      new PureTask({ review: { policy: 'none' } }).do('claim', ada).do('mark_complete', ada),
      null,
    ],
    ['failed', aTaskThatIs('failed'), null],
    ['cancelled', aTaskThatIs('cancelled'), null],
  ];

  test.each(cases)(
    '%s: says what the Temporal UI says, for whom it waits, and what to do',
    (_what, task, kind) => {
      const diagnosis = of(task);
      expect(details(task.task).replaceAll('\\', '')).toContain(`\n\n${diagnosis.sentence}\n\n`);
      if (kind === null) expect(diagnosis.waitingFor).toBeNull();
      else expect(diagnosis.waitingFor).toMatchObject(kind);
      expect(diagnosis.whatToDo.length).toBeGreaterThan(0);
      expect(diagnosis.next?.at).toBe(isTerminal(task.status) ? undefined : dues(task.task)[0]?.at);
      for (const { text } of diagnosis.facts) expect(text).toMatch(/^\S.*\S$/s);
      const said = [diagnosis.sentence, ...diagnosis.facts.map(({ text }) => text), ...diagnosis.whatToDo];
      expect(said.join(' ')).not.toMatch(/undefined|null|\[object/);
    },
  );

  test.each(STATUSES)('is of a task that is %s', (status) => {
    expect(cases.map(([, task]) => task.status)).toContain(status);
  });
});

describe('since when a task stands as it does', () => {
  const since = (task: PureTask) => of(task).since;

  test('is when it entered its state, whatever is said or edited later', () => {
    const task = new PureTask().wait(10).do('claim', ada).wait(10);
    expect(since(task)).toBe(at(10));
    task.do('report_progress', ada).do('comment', olga).do('edit', ada).wait(10);
    expect(since(task)).toBe(at(10));
    expect(since(task.do('release', ada).wait(10))).toBe(at(30));
  });

  test('is when its gate opened or closed', () => {
    const task = step().wait(10);
    expect(since(task)).toBe(at(0));
    expect(since(task.do('open_gate', olga).wait(10))).toBe(at(10));
    expect(since(task.do('open_gate', olga))).toBe(at(10));
    expect(since(task.do('close_gate', olga, { blockedBy: 'b' }))).toBe(at(20));
  });

  test('is when a sub-task ended, its pause was over, its review became overdue, or somebody cancelled it', () => {
    expect(since(pipeline().wait(5).hear({ child: 'a', status: 'failed' }))).toBe(at(5));
    const pausing = aTaskThatIs('running').do('mark_failed', ada, { reasonCode: 'agent_exited' });
    expect(since(pausing)).toBe(at(0));
    expect(since(pausing.wait(30))).toBe(at(30));
    const review = { policy: 'required', timeoutSeconds: 60 } as const;
    expect(since(aTaskThatIs('review', { review }).wait(60))).toBe(at(60));
    expect(since(aTaskThatIs('running').wait(7).cancel())).toBe(at(7));
  });
});

describe('what stands behind it', () => {
  test('a holder is alive as long as its heartbeats come', () => {
    const task = aTaskThatIs('running').wait(20);
    const run = `${task.task.run!.id}`;
    expect(facts(task, { pending: leaseOf(task, { heartbeatAt: at(10) }) })).toMatchObject({
      holder: `ada holds it by run ${run} since ${at(0)}, attempt 1 of 3.`,
      lease: `Its last heartbeat came at ${at(10)}; without another it counts as crashed at ${at(70)}.`,
    });
    const [lease] = of(task.wait(60), { pending: leaseOf(task, { heartbeatAt: at(10) }) }).facts.filter(
      ({ name }) => name === 'lease',
    );
    expect(lease).toMatchObject({ data: { alive: false, expiresAt: at(70) } });
    expect(facts(task, { pending: leaseOf(task, { state: 'scheduled' }) })['lease']).toContain('No worker');
    expect(facts(task)['lease']).toContain('is over');
  });

  test('a launched run needs its runner', () => {
    const launch = { runner: 'attic', launcher: 'echo', wake: { reason: 'assignment' } };
    const task = new PureTask().do('claim', ada, { launch });
    const about = {
      pending: leaseOf(task, { state: 'scheduled' }),
      runner: { name: 'attic', listens: false },
    };
    expect(of(task, about).sentence).toBe(
      'ada is launched for it by runner attic, and has not reported yet.',
    );
    expect(facts(task, about)['lease']).toContain('Runner attic does not listen');
    expect(advice(task, about)).toBe('Start runner attic: nobody listens there.');
  });

  test('a task that nobody is offered is found by nobody', () => {
    expect(advice(new PureTask())).toContain('PATCH /v1/tasks/task-1 {assignee} or {queue}');
  });

  const place: Place = {
    kind: 'queue',
    id: 'q',
    name: 'soup',
    isGone: false,
    waiting: 3,
    ahead: 2,
    askedBy: [],
  };

  test('a queue in which nobody asks moves nothing', () => {
    const task = new PureTask({ queue: 'q' });
    expect(facts(task, { place })).toMatchObject({
      place: '2 of 3 wait before it in queue soup.',
      asked_by: 'Nobody has asked for work of queue soup within the last minutes.',
    });
    expect(advice(task, { place })).toContain('POST /v1/queues/q/dequeue');
    const askedBy = [{ agent: 'bob', lastSeenAt: at(0) }];
    expect(facts(task, { place: { ...place, askedBy } })['asked_by']).toContain(`by bob at ${at(0)}`);
    expect(advice(task, { place: { ...place, askedBy } })).toMatch(/^Nothing: its turn comes/);
    expect(advice(task, { place: { ...place, isGone: true } })).toMatch(/^Move it/);
  });

  test('an agent has to be able to work', () => {
    const task = new PureTask({ assignee: 'bob' });
    const agent = { id: 'bob', why: 'So it is.', isLaunched: true, knowsOfIt: false } as const;
    expect(facts(task, { agent: { ...agent, state: 'idle' } })['agent']).toBe(
      'Agent bob is idle: So it is; Baton launches it.',
    );
    expect(advice(task, { agent: { ...agent, state: 'paused' } })).toContain('POST /v1/agents/bob/resume');
    const paused = { ...agent, state: 'paused' } as const;
    expect(advice(task, { agent: { ...paused, pausedBy: 'no_progress' } })).toMatch(
      /^Find out why .* POST \/v1\/agents\/bob\/resume/,
    );
    expect(advice(task, { agent: { ...paused, pausedBy: 'budget_exhausted' } })).toMatch(/^Raise the budget/);
    expect(advice(task, { agent: { ...agent, state: 'terminated' } })).toMatch(/^Give it to another/);
    expect(advice(task, { agent: { ...agent, state: 'idle' } })).toContain('POST /v1/agents/bob/wake');
    expect(advice(task, { agent: { ...agent, state: 'running' } })).toMatch(/^Nothing: bob is launched/);
    expect(advice(task, { agent: { ...agent, state: 'idle', isLaunched: false } })).toContain('me/next');
    const runner = { name: 'attic', listens: false };
    const unanswered = { launches: 2, until: at(60) };
    const about = { agent: { ...agent, state: 'active', knowsOfIt: true, unanswered }, runner } as const;
    expect(facts(task, about)['agent']).toBe(
      `Agent bob is active: So it is; Baton launches it on runner attic, which does not listen; a wake for this task waits for it; nobody took up the last of its launches (2), and none follows before ${at(60)}.`,
    );
    expect(advice(task, about)).toMatch(/^Start runner attic/);
  });

  test('a gate waits for a task, which may be held up itself, or for nobody any more', () => {
    const blocker = { id: 'a', title: 'Wash', status: 'running', holder: 'bob' } as const;
    expect(facts(step(), { blocker })['gate']).toBe(
      'Task a (Wash) has to be done first; it is running, held by bob.',
    );
    expect(advice(step(), { blocker })).toContain('GET /v1/tasks/a/diagnosis');
    const failed = { ...blocker, status: 'failed', parent: 'p' } as const;
    expect(advice(step(), { blocker: failed })).toContain('POST /v1/tasks/p/subtasks/a/retry');
    const stranded = of(step(), { isStranded: true });
    expect(stranded.sentence).toMatch(/^May never start/);
    expect(stranded.whatToDo).toEqual([expect.stringMatching(/^Cancel it/)]);
  });

  test('a pipeline tells how far its steps are, and which one is to be decided on', () => {
    const task = pipeline().hear({ child: 'a', status: 'failed' });
    expect(facts(task)['subtasks']).toBe(
      '0 of 2 sub-tasks are done. Still open: Part b (waits for its turn). Failed: Part a.',
    );
    expect(advice(task)).toContain('POST /v1/tasks/task-1/subtasks/a/retry');
    expect(advice(pipeline())).toContain('GET /v1/tasks/a/diagnosis');
  });

  test('a review tells who approved, and what its time limit brings', () => {
    const review = { policy: 'required', quorum: 2, timeoutSeconds: 60, onTimeout: 'approve' } as const;
    const task = aTaskThatIs('review', { review }).do('approve', rita);
    expect(facts(task)['review']).toBe(
      `In review since ${at(0)}, by 2 of the reviewers; rita approved; at ${at(60)} its time limit passes: approve.`,
    );
    expect(of(task).next).toMatchObject({ what: 'review_overdue', at: at(60) });
  });

  test('failures tell how many attempts are left, and what the agent suggests', () => {
    const report = {
      reasonCode: 'unreachable_service',
      blocker: 'No wire.',
      nextStep: 'Call them.',
    } as const;
    const task = aTaskThatIs('running').do('mark_failed', ada, report);
    expect(facts(task)).toMatchObject({
      attempts: '1 of 3 attempts are spent; 2 are left.',
      last_failure: `The last failure, at ${at(0)}, was unreachable_service: No wire. Its agent suggests: Call them.`,
      backoff: expect.stringContaining(at(10)),
    });
    const failed = aTaskThatIs('running').do('mark_failed', ada, { reasonCode: 'missing_credential' });
    expect(advice(failed)).toMatch(/^Do away with what was in the way/);
    const followed = aTaskThatIs('review').do('request_changes', rita);
    expect(advice(followed)).toContain(`GET /v1/tasks/${followed.task.followedBy}/diagnosis`);
  });

  test('what settles can be taken up again', () => {
    const task = aTaskThatIs('done', { settleSeconds: 60 });
    expect(advice(task, { closedAt: undefined } as never)).toContain('/reopen takes it up again');
    expect(advice(task)).toBe('Nothing: it has ended.');
  });

  test('what somebody paused in Temporal goes on when it is unpaused', () => {
    const task = new PureTask({ queue: 'q' });
    const pending: Pending[] = [{ id: '1', type: 'offer', state: 'paused', attempt: 1 }];
    expect(advice(task, { pending })).toMatch(/^Unpause activity offer/);
    expect(facts(task, { pending })['pending']).toBe('Activity offer is paused.');
  });

  test('what fails again and again is told, and what goes well is not', () => {
    const task = aTaskThatIs('running');
    const failing = {
      id: '7',
      type: 'tell_agents',
      state: 'scheduled',
      attempt: 4,
      failure: 'No luck.',
    } as const;
    expect(facts(task, { pending: [...leaseOf(task), failing] })['pending']).toBe(
      'Activity tell_agents is scheduled, at its 4th try. It failed last with: No luck.',
    );
    expect(facts(task, { pending: leaseOf(task) })).not.toHaveProperty('pending');
  });
});

describe('where nobody attends to it', () => {
  test('no worker answers, and that comes first', () => {
    const away = { worker: { answers: false, listens: false } };
    const { sentence, waitingFor, facts: told, whatToDo } = of(aTaskThatIs('running'), away);
    expect(sentence).toBe(
      'No worker answers, so that nothing moves; before that it stood so: ada works on it.',
    );
    expect(waitingFor).toEqual({ kind: 'worker' });
    expect(told[0]).toMatchObject({ name: 'no_worker', text: expect.stringMatching(/^No worker listens\./) });
    expect(whatToDo[0]).toMatch(/^Start a worker/);
    const busy = { worker: { answers: false, listens: true } };
    expect(advice(aTaskThatIs('queued'), busy)).toMatch(/^Look whether the workers are alive/);
  });

  test('workers fail at it again and again', () => {
    const stuck = { attempts: 9, since: at(3) };
    const diagnosis = of(new PureTask().do('claim', bob), {
      worker: { answers: false, listens: true },
      stuck,
    });
    expect(diagnosis.sentence).toContain(`Baton itself can not go on with it since ${at(3)}`);
    expect(diagnosis.facts.map(({ name }) => name)).toContain('stuck');
  });
});
