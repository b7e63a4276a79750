/** Random lives of a task: what it is asked to be, and what people, agents and time then do to it. */
import fc from 'fast-check';
import type { Definition } from '../../workflows/definition.ts';
import { REPORTABLE_REASONS } from '../../workflows/failure-reasons.ts';
import type { Actor } from '../../workflows/actor.ts';
import type { MessageName } from '../../workflows/messages.ts';
import type { LeaseEnd } from '../../workflows/occur.ts';
import { STATUSES } from '../../workflows/task-state.ts';
import type { Task } from '../../workflows/task-record.ts';
import { REQUIRED, ada, bob, olga, rita, rolf } from './task-fixture.ts';
import type { Args } from './task-fixture.ts';

export interface Sending {
  do: 'send';
  name: MessageName;
  actor: Actor;
  args: Record<string, unknown>;
  /** Which run the message claims to come from. */
  from: 'its run' | 'an ended run' | 'no run at all';
}
export type Step =
  Sending | { do: 'wait'; seconds: number } | { do: 'cancel' } | { do: 'lose the lease'; end: LeaseEnd };

const AGENTS = [ada, ada, ada, bob] as const;
const PEOPLE = [rita, rolf, olga] as const;
const anyone = fc.constantFrom(...AGENTS, ...PEOPLE);
/** Mostly those who may, now and then anybody. */
const mostly = (...actors: readonly Actor[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...actors) }, { weight: 1, arbitrary: anyone });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 14, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const cost = fc.record({ usd: fc.constantFrom(0, 0.5, 3), inputTokens: fc.constantFrom(0, 10) });

/** Some messages take the task first, where its sender does not hold it. */
const take = maybe(fc.constant({}));

/** Who usually sends a message, and what may vary in it. */
const SENDERS: Record<MessageName, readonly Actor[]> = {
  claim: AGENTS,
  report_progress: AGENTS,
  mark_complete: AGENTS,
  mark_failed: AGENTS,
  release: AGENTS,
  hand_off: AGENTS,
  resume: PEOPLE,
  reopen: PEOPLE,
  cancel: PEOPLE,
  archive: PEOPLE,
  link: [...AGENTS, ...PEOPLE],
  comment: [...AGENTS, ...PEOPLE],
  approve: PEOPLE,
  request_changes: PEOPLE,
  edit: [...AGENTS, ...PEOPLE],
  create_subtask: [...AGENTS, ...PEOPLE],
  skip_child: PEOPLE,
  child_closed: PEOPLE,
  open_gate: PEOPLE,
  close_gate: PEOPLE,
  approval_asked: [...AGENTS, ...PEOPLE],
  approval_decided: PEOPLE,
};
const VARYING: Partial<Record<MessageName, Record<string, fc.Arbitrary<unknown>>>> = {
  claim: {
    expected: maybe(fc.uniqueArray(fc.constantFrom(...STATUSES), { minLength: 1 })),
    adopt: maybe(fc.constant(true)),
    patient: maybe(fc.constant(true)),
    launch: maybe(fc.constant({ runner: 'local', launcher: 'echo', wake: { reason: 'assignment' } })),
  },
  report_progress: { cost: maybe(cost), percent: maybe(fc.nat(100)), take },
  mark_complete: {
    outputChecked: maybe(fc.constant(true)),
    contentHash: maybe(fc.constantFrom('h1', 'h2')),
    take,
  },
  mark_failed: { reasonCode: fc.constantFrom(...REPORTABLE_REASONS), take },
  approval_asked: { approvalId: fc.constantFrom('approval-1', 'approval-2') },
  approval_decided: {
    approvalId: fc.constantFrom('approval-1', 'approval-2'),
    decision: fc.constantFrom('approved', 'rejected'),
  },
  reopen: { to: maybe(fc.constantFrom('queued', 'handoff')) },
  request_changes: { rework: maybe(fc.constantFrom('new_task', 'same_task')) },
  edit: {
    edit: fc.constantFrom<Args<'edit'>['edit']>(
      { title: 'Another title' },
      { assignee: 'bob', description: 'for bob' },
      { assignee: null, priority: 1 },
      { maxAttempts: 5 },
      { review: { policy: 'none' } },
      { queue: 'elsewhere' },
      { queue: null },
    ),
  },
};

/** These make sense only where there are several tasks; the lives here are of one. */
const OF_TREES: MessageName[] = ['create_subtask', 'skip_child', 'child_closed', 'open_gate', 'close_gate'];

/** A message, mostly one that makes sense; few repeat the id of another or are about an old version. */
const sending: fc.Arbitrary<Sending> = fc
  .constantFrom(
    ...(Object.keys(REQUIRED) as MessageName[]).filter((name) => !OF_TREES.includes(name)),
    'claim' as const,
    'claim' as const,
    'mark_complete' as const,
    'mark_complete' as const,
    'approve' as const,
    'reopen' as const,
  )
  .chain((name) =>
    fc.record({
      do: fc.constant('send' as const),
      name: fc.constant(name),
      actor: mostly(...SENDERS[name]),
      args: fc.record({
        ...VARYING[name],
        messageId: rarely(fc.constantFrom('again-1', 'again-2')),
        ifVersion: rarely(fc.integer({ min: 1, max: 6 })),
      }),
      from: fc.oneof(
        { weight: 8, arbitrary: fc.constant('its run' as const) },
        { weight: 1, arbitrary: fc.constantFrom('an ended run' as const, 'no run at all' as const) },
      ),
    }),
  );

const exit = fc.record({
  exitCode: fc.constantFrom(0, 0, 1, null),
  signal: fc.constant(null),
  tail: fc.constantFrom('', 'I could not.'),
  wallSeconds: fc.nat(60),
});
const leaseEnd: fc.Arbitrary<LeaseEnd> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('lost' as const, 'never_started' as const) },
  { weight: 2, arbitrary: fc.record({ exit }) },
  {
    weight: 1,
    arbitrary: fc.record({
      failure: fc.constantFrom(
        { type: 'not_prepared', message: 'no disk' },
        { type: 'runner_stopped', message: '' },
      ),
    }),
  },
);

const passing: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 15, 100, 700) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'cancel' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('lose the lease' as const), end: leaseEnd }),
  },
);

/** Lives in which time passes, leases lapse and somebody may cancel. */
export const lives = fc.array(
  fc.oneof({ weight: 5, arbitrary: sending as fc.Arbitrary<Step> }, { weight: 2, arbitrary: passing }),
  { maxLength: 60, size: 'max' },
);
/** Lives in which no time passes. */
export const timelessLives = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 20, arbitrary: sending as fc.Arbitrary<Step> },
      { weight: 1, arbitrary: fc.constant({ do: 'cancel' as const }) },
    ),
    { maxLength, size: 'max' },
  );

export const definitions: fc.Arbitrary<Partial<Definition>> = fc.record(
  {
    queue: fc.constant('somewhere'),
    maxAttempts: fc.integer({ min: 1, max: 3 }),
    budget: fc.record({ usd: fc.constantFrom(1, 10) }),
    outputSchema: fc.constant({ type: 'object' }),
    settleSeconds: fc.constantFrom(0, 300),
    progressTimeoutSeconds: fc.constantFrom(0, 60),
    cancelGraceSeconds: fc.constantFrom(0, 30),
    review: fc.record(
      {
        policy: fc.constantFrom('required', 'none'),
        quorum: fc.integer({ min: 1, max: 2 }),
        timeoutSeconds: fc.constant(200),
        onTimeout: fc.constantFrom('escalate', 'approve', 'reject'),
        rework: fc.constantFrom('new_task', 'same_task'),
      },
      { requiredKeys: ['policy'] },
    ),
  },
  { requiredKeys: [] },
);

/** The arguments of a message, now that it is known which runs there are. */
export function argumentsNow({ name, args, from }: Sending, task: Task): Record<string, unknown> {
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
  if (name === 'claim' || from === 'its run') return given;
  const runId = from === 'an ended run' ? task.endedRuns.at(-1)?.id : undefined;
  return { ...given, runId: runId ?? 'never-was' };
}
