/** The life of one task, from creation to approval, as one agent and its reviewer drive it, by whatever driver. */

/** How one agent does each step. All drivers of one kind share a server, a worker and a connection to Temporal. */
export interface Driver {
  create(): Promise<string>;
  /** Answers the run's id once its lease is live. */
  claim(taskId: string): Promise<string>;
  heartbeat(taskId: string, runId: string): Promise<void>;
  progress(taskId: string, runId: string, percent: number): Promise<void>;
  complete(taskId: string, runId: string): Promise<void>;
  approve(taskId: string): Promise<void>;
  close(): void;
}

export const STEPS = ['create', 'claim', 'heartbeat', 'progress', 'complete', 'approve'] as const;
export type Step = (typeof STEPS)[number];
/** How long each call of a step took, in milliseconds. */
export type Times = Record<Step, number[]>;

export const noTimes = (): Times => ({
  create: [],
  claim: [],
  heartbeat: [],
  progress: [],
  complete: [],
  approve: [],
});

/** What the tasks of every driver are about: of a size that is usual, not the smallest possible. */
export const WORK = {
  definition: {
    title: 'Summarise the support tickets of last week',
    description:
      'Read every ticket that was closed last week, group them by cause, and say for each cause how often it came up, ' +
      'what was done about it and what would keep it from coming up again. Mention tickets by number.',
    labels: ['support', 'weekly'],
    payload: { week: 46, sources: ['tickets/2026-46.json', 'tickets/2026-46-late.json'] },
  },
  progress: (percent: number) => ({ note: `Read ${percent} % of the tickets.`, percent }),
  submission: {
    output: { causes: [{ name: 'login', tickets: [4711, 4712, 4730], remedy: 'keep sessions for a day' }] },
    reasoning: 'Grouped by the component that was changed; what nothing was changed for is left out.',
  },
};

const CHECKPOINTS = [30, 60, 90];

/** Takes one task through its life and answers its id. */
export async function lifecycle(driver: Driver, times: Times): Promise<string> {
  const timed = async <T>(step: Step, call: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    const answer = await call();
    times[step].push(performance.now() - from);
    return answer;
  };
  const taskId = await timed('create', () => driver.create());
  const runId = await timed('claim', () => driver.claim(taskId));
  for (const percent of CHECKPOINTS) {
    await timed('heartbeat', () => driver.heartbeat(taskId, runId));
    await timed('progress', () => driver.progress(taskId, runId, percent));
  }
  await timed('complete', () => driver.complete(taskId, runId));
  await timed('approve', () => driver.approve(taskId));
  return taskId;
}
