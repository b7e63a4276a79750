import { expect, test } from 'vitest';
import { RECORD_MEMO } from '../../workflows/entity.ts';
import type { MemoryRecord } from '../../workflows/memory-record.ts';
import { memorySignal, memoryUpdate } from '../../workflows/memory.ts';
import { MEMORY, json } from '../support/entities.ts';
import { patiently } from '../support/patience.ts';
import { ada, olga } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

const FAILED_PRECONDITION = 9;

function unlessGivenBack(error: { cause?: { code?: number } }): undefined {
  if (error.cause?.code !== FAILED_PRECONDITION) throw error;
}

describeOnWorkers(
  'a memory that continues as new again and again',
  (baton) => {
    test('has all that reached it meanwhile, each once', async () => {
      const memory = await baton.startRaw(json(MEMORY), 'memory');
      const { handle } = memory;
      const recordOf = async () => (await handle.describe()).memo?.[RECORD_MEMO] as MemoryRecord;
      const entry = (n: number) => ({ id: `e-${n}`, text: `${n} ${'x'.repeat(1_000)}` });
      const tell = (n: number) =>
        handle.signal(memorySignal, {
          messageId: `m-${n}`,
          actor: ada,
          do: 'append',
          entries: [entry(n)],
        });
      // Temporal gives an update back when a signal comes as the workflow continues as new.
      const ask = (n: number) =>
        patiently(
          () =>
            handle
              .executeUpdate(memoryUpdate, {
                args: [{ messageId: `m-${n}`, actor: olga, do: 'append', entries: [entry(n)] }],
              })
              .catch(unlessGivenBack),
          `${n} was never taken.`,
        );
      // Every entry comes twice, half of them without an answer.
      for (let n = 0; n < 40; n += 4) {
        await Promise.all([tell(n), tell(n), ask(n + 1), ask(n + 1), tell(n + 2), ask(n + 3), tell(n + 2)]);
      }
      const record = await patiently(async () => {
        const seen = await recordOf();
        return seen.entries.length >= 40 && seen;
      }, 'Some never arrived.');
      expect(new Set(record.entries.map(({ id }) => id)).size).toBe(40);
      expect(record.version).toBe(40);
      expect((await memory.histories()).length).toBeGreaterThan(2);
      // An execution that has not begun yet can not be replayed.
      await patiently(async () => (await memory.events()).length > 3, 'It never went on.');
    });
  },
  { hasty: true },
);
