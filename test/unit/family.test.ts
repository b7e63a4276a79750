/** What is around a task, found out with few questions. */
import { expect, test, vi } from 'vitest';
import { createFamily } from '../../api/services/family.ts';
import type { Engine } from '../../api/services/engine.ts';
import type { Listing } from '../../api/services/listing.ts';
import type { Reader } from '../../api/services/reading.ts';
import { newTask } from '../../workflows/task-record.ts';
import type { Task } from '../../workflows/task-record.ts';
import { olga } from '../support/task-fixture.ts';

const principal = { ...olga, company: 'acme' };

function aParent(id: string, status: 'open' | 'done'): Task {
  const input = { definition: { title: id }, company: 'acme', createdBy: olga };
  const child = { id: `${id}-1`, title: 'a part', order: 1, status };
  return { ...newTask(id, input, new Date().toISOString()), children: [child] } as Task;
}

test('the sub-tasks of a parent are listed once for all who read it within a moment', async () => {
  vi.useFakeTimers();
  const listed: string[] = [];
  const family = createFamily({
    listing: {
      subtasksOf: async (_who: unknown, id: string) => (listed.push(id), new Map()),
    } as unknown as Listing,
    engine: {} as Pick<Engine, 'describe'>,
    reader: {} as Pick<Reader, 'task'>,
  });
  const read = (task: Task) => family.around(task, principal);
  const [one, other, done] = [aParent('one', 'open'), aParent('other', 'open'), aParent('done', 'done')];
  await Promise.all([one, one, other, done, one].map(read));
  await read(one);
  expect(listed).toEqual(['one', 'other']);
  vi.advanceTimersByTime(1_000);
  await read(one);
  expect(listed).toEqual(['one', 'other', 'one']);
  vi.useRealTimers();
});
