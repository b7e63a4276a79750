/** What happened to a task, page by page, read from the history of its workflow across continue-as-new. */
import type { Principal } from '../auth.ts';
import { foldHistory } from '../events/fold.ts';
import type { TaskEvent } from '../events/fold.ts';
import { NotOpen, NotUnderstood } from './engine.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { Reader } from './reading.ts';
import { invalidCursor } from './visibility.ts';

interface Place {
  /** The execution to read, and how many of its events were answered before. */
  execution: string;
  offset: number;
}

const cursorOf = ({ execution, offset }: Place) => `${execution}.${offset}`;

function placeOf(cursor: string): Place {
  const [, execution, offset] = /^([0-9a-f-]{36})\.(\d{1,9})$/.exec(cursor) ?? [];
  if (!execution || !offset) throw invalidCursor();
  return { execution, offset: Number(offset) };
}

export function createEventReader(known: KnownTasks, reader: Pick<Reader, 'executionsOf' | 'historyOf'>) {
  const historyOf = (taskId: string, execution: string) =>
    reader.historyOf(taskId, execution).catch((error: unknown) => {
      throw error instanceof NotOpen || error instanceof NotUnderstood ? invalidCursor() : error;
    });

  /** The events after `cursor`, oldest first. Each execution is folded as a whole, for verdicts need what came before. */
  return async function events(
    principal: Principal,
    taskId: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<{ items: TaskEvent[]; next: string | null }> {
    const described = await known.describeFor(principal, taskId);
    const executions = await reader.executionsOf(described);
    let place: Place | undefined =
      cursor === undefined ? { execution: executions[0]!, offset: 0 } : placeOf(cursor);
    if (!executions.includes(place.execution)) throw invalidCursor();
    const items: TaskEvent[] = [];
    while (place && items.length < limit) {
      const folded = foldHistory(taskId, await historyOf(taskId, place.execution));
      const taken = folded.events.slice(place.offset, place.offset + limit - items.length);
      items.push(...taken);
      const offset: number = place.offset + taken.length;
      const next: string | undefined = executions[executions.indexOf(place.execution) + 1];
      if (offset < folded.events.length) place = { ...place, offset };
      else place = next === undefined ? undefined : { execution: next, offset: 0 };
    }
    return { items, next: place ? cursorOf(place) : null };
  };
}
