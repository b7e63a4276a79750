/** What agents remember from run to run, as far as a runner deals with it. */

export type MemoryScope = 'task' | 'agent' | 'project' | 'client';

export interface Remembered {
  /** All of it; empty when nothing is remembered there. */
  text: string;
  /** Raised by every change. */
  version: number;
}

/** What a run leaves of its task for the next one. */
export interface TaskNotes {
  company: string;
  taskId: string;
  agentId: string;
  /** A run leaves notes once; the same again changes nothing. */
  runId: string;
  text: string;
  /** What the run has read, and so has written anew. What came later stays beside it. */
  since: number;
}

export interface Memory {
  read(scope: MemoryScope, id: string, company: string): Promise<Remembered>;
  writeTask(notes: TaskNotes): Promise<void>;
}
