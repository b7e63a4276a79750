/**
 * Reads tasks from their workflows, joining readers: while one query of a task is in the air, all that arrive share
 * the next. A query that starts after a signal was sent sees what the signal did, so a joined one is never stale.
 */
import type { TaskView } from '../../workflows/messages.ts';
import type { Engine } from './engine.ts';
import type { LastSeen } from './last-seen.ts';

interface Flight {
  messageIds: Set<string>;
  view: Promise<TaskView>;
}

export type ReadView = (taskId: string, messageId?: string) => Promise<TaskView>;

/** Makes the reader. It throws what the engine throws: `NotOpen` for an unknown task, `NoAnswer` without a worker. */
export function createReadView(engine: Pick<Engine, 'view'>, lastSeen: Pick<LastSeen, 'note'>): ReadView {
  const inTheAir = new Map<string, Promise<void>>();
  const next = new Map<string, Flight>();

  const depart = (taskId: string, messageIds: Set<string>): Promise<TaskView> => {
    next.delete(taskId);
    const view = engine.view(taskId, [...messageIds]);
    const landed = view.then(
      ({ task }) => lastSeen.note(task),
      () => {},
    );
    inTheAir.set(taskId, landed);
    void landed.then(() => {
      if (inTheAir.get(taskId) === landed) inTheAir.delete(taskId);
    });
    return view;
  };

  return (taskId, messageId) => {
    const current = inTheAir.get(taskId);
    let flight = next.get(taskId);
    if (!flight) {
      const messageIds = new Set<string>();
      if (!current) return depart(taskId, new Set(messageId === undefined ? [] : [messageId]));
      flight = { messageIds, view: current.then(() => depart(taskId, messageIds)) };
      next.set(taskId, flight);
    }
    if (messageId !== undefined) flight.messageIds.add(messageId);
    return flight.view;
  };
}
