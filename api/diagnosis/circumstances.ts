/** What a task does not know of itself, but decides on whether it moves: what Temporal, lists and others know. */
import type { AgentState, Standing } from '../../workflows/agent-state.ts';
import type { OpenApproval } from '../../workflows/task-record.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';
import type { TaskRow } from '../services/listing.ts';

export interface Circumstances {
  now: string;
  /** When its workflow closed; absent while it is open. */
  closedAt?: string;
  /** Whether a worker answers for an open task, and whether any listens at all. */
  worker?: { answers: boolean; listens: boolean };
  /** A worker tries the same step of the workflow again and again. */
  stuck?: { attempts: number; since: string };
  /** What the workflow has begun and waits for. */
  pending: Pending[];
  /** Where it is offered. */
  place?: Place;
  /** The agent that it is assigned to, or whose run it is, as far as Baton knows it. */
  agent?: {
    id: string;
    state: AgentState;
    why: string;
    /** What paused it, if it is paused. */
    pausedBy?: Standing['pausedBy'];
    isLaunched: boolean;
    /** A wake for this task waits for it, or it is about to be launched for it. */
    knowsOfIt: boolean;
    /** How many launches in a row nobody took up, and when the next one comes. */
    unanswered?: { launches: number; until: string };
  };
  /** The machine on which that agent is launched, and whether anybody listens there. */
  runner?: { name: string; listens: boolean };
  /** The task that has to be done first. */
  blocker?: Blocker;
  /** It has a gate, and the parent that would open it has ended. */
  isStranded?: boolean;
  /** An approval that it waits for, and that was ended from outside without a decision. */
  lapsed?: OpenApproval;
  /** Its sub-tasks as lists show them. */
  subtasks?: ReadonlyMap<string, TaskRow>;
}

export interface Pending {
  /** That of a lease is its run's. */
  id: string;
  type: string;
  state: 'scheduled' | 'started' | 'stopping' | 'paused';
  attempt: number;
  since?: string;
  heartbeatAt?: string;
  /** Who took it up last. */
  by?: string;
  failure?: string;
}

export interface Place {
  kind: 'queue' | 'inbox';
  /** Of the queue, or of the agent. */
  id: string;
  name?: string;
  /** The queue was deleted. */
  isGone: boolean;
  /** How many wait there in all, and how many of them before it, as far as they can be counted. */
  waiting?: number;
  ahead?: number;
  /** Who asked for work there lately, the last one first. */
  askedBy: { agent: string; lastSeenAt: string }[];
}

export interface Blocker {
  id: string;
  title: string;
  status: TaskStatus;
  holder?: string;
  /** It failed, and its parent waits for a decision on it. */
  parent?: string;
}
