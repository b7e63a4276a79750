/**
 * The runs of an agent that Baton launches: which wake is answered next, what becomes of a launch, and how a run ends.
 * Pure. A run has the id of the wake that it answers; a wake that has to wait again gets a new one.
 */
import { adapterOf, limitsOf } from '../../agent-record.ts';
import type { Agent, AgentRun, Spending, Wake, WakeReason } from '../../agent-record.ts';
import type { WakeCause } from '../../launch.ts';
import { DEFAULTS, LIMITS } from '../../limits.ts';
import { KNOWINGLY } from '../../wakes.ts';
import { later } from '../rule.ts';
import { isSpent, monthUsed, spend } from './budget.ts';
import { counted } from './loop-breaker.ts';
import { addWake } from './wakes.ts';

/** A run of which nothing was heard for so long is looked for. */
const SILENCE_SECONDS = 300;
/** When to ask again for a task that the agent itself holds by a run of its own. */
const BUSY_SECONDS = 60;
/** The pause after a launch that nobody took up; each time in a row it is twice as long, up to the longest. */
const FIRST_PAUSE_SECONDS = 10;
const LONGEST_PAUSE_SECONDS = 600;
/** Lists lag behind. Where they know of nothing to be had, but should, they are read again after each of these pauses. */
const LIST_PAUSES_SECONDS = [2, 10, 60];

export interface Moment {
  now: string;
  mintId: () => string;
}

/** What came of asking for the task of a run. */
export type Asked =
  | { outcome: 'claimed'; taskId: string }
  /** The wake names no task; these may be asked for, one by one. `about` is one that it is about. */
  | { outcome: 'choice'; taskIds: string[]; about?: string }
  /** `taskId` is the task that the wake is about; `byItself` when the agent holds it already. */
  | { outcome: 'not_claimable'; why: string; taskId?: string; byItself?: boolean }
  /** The task has ended. */
  | { outcome: 'gone' }
  /** Nobody could tell, however often it was asked. */
  | { outcome: 'unanswered' };

/** Whether the agent may be launched at all. */
const mayRun = (agent: Agent, now: string): boolean =>
  !agent.paused && !agent.terminated && monthUsed(agent, now) < 1;

const isSame = (run: AgentRun, wake: Wake): boolean =>
  (wake.taskId !== undefined && run.taskId === wake.taskId) ||
  (wake.approvalId !== undefined && run.wake.approvalId === wake.approvalId);

/** The wakes that a run might answer now, if it is their time: what comes for a run that is on waits for its end. */
function launchable(agent: Agent, now: string): Wake[] {
  const { profile, runs, wakes } = agent;
  const slots = limitsOf(profile).runsAtOnce ?? DEFAULTS.runsAtOnce;
  if (adapterOf(profile).type !== 'process' || runs.length >= slots || !mayRun(agent, now)) return [];
  return wakes.filter((wake) => !runs.some((run) => isSame(run, wake)));
}

/** A wake as the program finds it that is launched to answer it. */
export function causeOf({ reasons, commentId, approvalId, approvalStatus, linkedIssueIds }: Wake): WakeCause {
  return {
    reason: reasons.at(-1)!,
    ...(commentId !== undefined && { commentId }),
    ...(approvalId !== undefined && { approvalId }),
    ...(approvalStatus !== undefined && { approvalStatus }),
    ...(linkedIssueIds && { linkedIssueIds }),
  };
}

const launchAt = ({ unanswered }: Agent, { notBefore, at }: Wake): string =>
  [at, notBefore ?? at, unanswered?.until ?? at].reduce((a, b) => (a > b ? a : b));

/** The agent with as many runs begun as it has slots and wakes for. */
export function launchNext(agent: Agent, now: string): Agent {
  const adapter = adapterOf(agent.profile);
  const wake = launchable(agent, now).find((each) => launchAt(agent, each) <= now);
  if (!wake || adapter.type !== 'process') return agent;
  const { id, taskId } = wake;
  const { launcher, runner } = adapter;
  const run: AgentRun = {
    id,
    wake,
    phase: 'launching',
    launcher,
    runner,
    ...(taskId && { taskId }),
    startedAt: now,
  };
  const wakes = agent.wakes.filter((each) => each !== wake);
  return launchNext({ ...agent, wakes, runs: [...agent.runs, run] }, now);
}

/** When a wake that has to wait may be answered; undefined when none waits for that alone. */
export const nextLaunch = (agent: Agent, now: string): string | undefined =>
  launchable(agent, now)
    .map((wake) => launchAt(agent, wake))
    .filter((at) => at > now)
    .sort()[0];

/** What these are about is in the agent's inbox, or in nobody's: what is not to be had needs no run. */
const INBOX: readonly WakeReason[] = ['assignment', 'changes_requested', 'timer'];
const isOfInbox = ({ reasons }: Wake): boolean => reasons.every((reason) => INBOX.includes(reason));
/** Nor does a task for which somebody woke the agent by hand: it is to be worked on, or not now. */
const isWorkOnly = ({ reasons, taskId }: Wake): boolean =>
  reasons.every((reason) => INBOX.includes(reason) || (reason === 'manual' && taskId !== undefined));

/** These are about tasks that are to be taken; by itself such a wake is about one of them. */
const OF_TASKS: readonly WakeReason[] = ['assignment', 'changes_requested', 'children_finished'];
/** What found no room of its own has joined a wake that is about nothing in particular. */
const standsForSeveral = (wake: Wake): boolean =>
  isAboutNothing(wake) && wake.reasons.some((reason) => OF_TASKS.includes(reason));
const isAboutNothing = ({ taskId, approvalId }: Wake): boolean =>
  taskId === undefined && approvalId === undefined;

/** What a choice should not name: what waits by itself or is on, and what the agent knows of, for it gave it back. */
export function notToChoose(agent: Agent, { wake }: AgentRun): string[] | undefined {
  if (!standsForSeveral(wake)) return undefined;
  return [...agent.wakes, ...agent.runs].flatMap(({ taskId }) => taskId ?? []).concat(agent.givenBack ?? []);
}

export function launched(agent: Agent, runId: string, asked: Asked, moment: Moment): Agent {
  const run = agent.runs.find(({ id }) => id === runId);
  // Its end may come before the news of its beginning.
  if (run?.phase !== 'launching') return agent;
  if (asked.outcome === 'claimed') return claimed(agent, run, asked.taskId, moment);
  if (asked.outcome === 'choice') {
    const about = asked.about === undefined ? {} : { taskId: asked.about };
    return nextChoice(agent, { ...run, ...about, choice: asked.taskIds }, moment);
  }
  if (run.choice) return passOver(agent, run, run.choice, moment);
  if (asked.outcome === 'unanswered') return over(agent, run, { runId, end: 'never_started' }, moment);
  return asked.outcome === 'gone' ? without(agent, run) : refused(agent, run, asked, moment);
}

/** A wake that stands for tasks of which only lists know goes on waiting for those that are left. */
function claimed(agent: Agent, run: AgentRun, taskId: string, moment: Moment): Agent {
  const { choice: _choice, passedOver: _passedOver, ...rest } = run;
  const lookAt = later(moment.now, SILENCE_SECONDS);
  const begun: AgentRun = { ...rest, phase: 'claimed', taskId, lookAt };
  if (!standsForSeveral(run.wake)) return withRun(agent, begun);
  const { tries: _tries, notBefore: _notBefore, ...wake } = run.wake;
  const left = { ...wake, count: Math.max(1, wake.count - 1) };
  return putBack(withRun(agent, { ...begun, wake: { ...wake, count: 1 } }), left, moment);
}

/** The first of the choice is not to be had. Behind as many as one choice may name there may be others that are. */
function passOver(agent: Agent, run: AgentRun, choice: readonly string[], moment: Moment): Agent {
  const passedOver = (run.passedOver ?? 0) + 1;
  const left = { ...run, passedOver, choice: choice.slice(1) };
  const mayBeMore = passedOver % LIMITS.choice === 0 && isAboutNothing(run.wake);
  if (left.choice.length > 0 || run.stopping || !mayBeMore) return nextChoice(agent, left, moment);
  const { choice: _choice, ...asking } = left;
  return withRun(agent, asking);
}

/** The first of the choice is asked for; where none is left, the wake has no task. */
function nextChoice(agent: Agent, run: AgentRun, moment: Moment): Agent {
  if (run.choice && run.choice.length > 0 && !run.stopping) return withRun(agent, run);
  const { choice: _choice, passedOver: _passedOver, ...rest } = run;
  return refused(agent, rest, {}, moment);
}

/** The task of the run is not to be had. */
function refused(
  agent: Agent,
  run: AgentRun,
  { taskId, byItself }: { taskId?: string; byItself?: boolean },
  moment: Moment,
): Agent {
  const { wake, stopping } = run;
  const { tries = 0 } = wake;
  const pause = standsForSeveral(wake) ? LIST_PAUSES_SECONDS[tries] : undefined;
  if (pause !== undefined && !stopping) {
    return putBack(without(agent, run), { ...wake, tries: tries + 1 }, moment, later(moment.now, pause));
  }
  if (stopping) return without(agent, run);
  if (byItself && !isOfInbox(wake))
    return putBack(without(agent, run), wake, moment, later(moment.now, BUSY_SECONDS));
  if (isWorkOnly(wake)) return without(agent, run);
  return withRun(agent, { ...run, phase: 'held', ...(taskId && { taskId }) });
}

const withRun = (agent: Agent, run: AgentRun): Agent => ({
  ...agent,
  runs: agent.runs.map((each) => (each.id === run.id ? run : each)),
});

const without = (agent: Agent, run: AgentRun): Agent => ({
  ...agent,
  runs: agent.runs.filter(({ id }) => id !== run.id),
});

const putBack = (agent: Agent, wake: Wake, { mintId }: Moment, notBefore?: string): Agent =>
  addWake(agent, { ...wake, id: mintId(), ...(notBefore !== undefined && { notBefore }) });

/** The ends of a run that never had its chance: what it was to answer waits again. */
const UNANSWERED: readonly string[] = ['never_started', 'interrupted'];

/** How a run ended. Whether it came to anything is left open where nobody can tell, and so is how long it lasted. */
export interface RunNews {
  runId: string;
  end: string;
  progressed?: boolean | undefined;
  wallSeconds?: number | undefined;
}

export function runEnded(agent: Agent, news: RunNews, moment: Moment): Agent {
  const run = agent.runs.find(({ id }) => id === news.runId);
  if (!run) return agent;
  const { wallSeconds } = news;
  const cost = { usd: 0, tokens: 0, ...(wallSeconds !== undefined && { wallSeconds }) };
  return charge(over(agent, run, news, moment), run.taskId, cost, moment.now);
}

/** The agent after it spent this much more: where that is too much, its runs are stopped. */
export function charge(agent: Agent, taskId: string | undefined, cost: Spending, now: string): Agent {
  const after = spend(agent, taskId, cost, now);
  return stop(after, 'budget_exhausted', (run) => isSpent(after, run.taskId ?? '', now));
}

function over(agent: Agent, run: AgentRun, { runId, end, progressed }: RunNews, moment: Moment): Agent {
  const { unanswered, ...rest } = without(agent, run);
  const { taskId } = run;
  const ended = {
    ...rest,
    ...((KNOWINGLY as readonly string[]).includes(end) && givenBack(agent, taskId)),
    lastRun: { id: runId, ...(taskId && { taskId }), end, at: moment.now },
  };
  if (run.stopping) return ended;
  if (!UNANSWERED.includes(end)) return counted(ended, { ...run, end, progressed }, moment.now);
  const launches = (unanswered?.launches ?? 0) + 1;
  const pause = Math.min(FIRST_PAUSE_SECONDS * 2 ** (launches - 1), LONGEST_PAUSE_SECONDS);
  return putBack({ ...ended, unanswered: { launches, until: later(moment.now, pause) } }, run.wake, moment);
}

const givenBack = ({ givenBack: before = [] }: Agent, taskId: string | undefined): Partial<Agent> =>
  taskId === undefined || before.includes(taskId)
    ? {}
    : { givenBack: [...before, taskId].slice(-LIMITS.givenBack) };

/** Those runs that are to be looked for by now are, and will be again later on. */
export const lookLater = (agent: Agent, now: string): Agent => ({
  ...agent,
  runs: agent.runs.map((run) =>
    run.lookAt !== undefined && run.lookAt <= now ? { ...run, lookAt: later(now, SILENCE_SECONDS) } : run,
  ),
});

/** Has these runs stopped. */
export const stop = (
  agent: Agent,
  stopping: NonNullable<AgentRun['stopping']>,
  which: (run: AgentRun) => boolean = () => true,
): Agent => ({
  ...agent,
  runs: agent.runs.map((run) => (which(run) && !run.stopping ? { ...run, stopping } : run)),
});
