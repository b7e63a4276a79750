import { describe, expect, test } from 'vitest';
import { createMemories } from '../../activities/memories.ts';
import { memoryWorkflowId } from '../../api/entity-ids.ts';
import { LIMITS } from '../../workflows/limits.ts';
import type { MemoryRecord } from '../../workflows/memory-record.ts';
import { patiently } from '../support/patience.ts';
import { ada, bob, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

const COMPANY = 'acme';
const NO_REVIEW = { review: { policy: 'none' } } as const;
const texts = (memory: MemoryRecord | undefined) => memory?.entries.map(({ text }) => text) ?? [];

describeOnWorkers('what is promoted', (baton) => {
  /** Memories as a program beside the API reaches them. */
  const memories = async () => {
    const { taskQueue } = await (await baton.create()).handle.describe();
    return createMemories(baton.client, taskQueue);
  };
  const promoting = (...texts_: string[]) => ({
    memoryPromotions: texts_.map((text) => ({ scope: 'project', text })),
  });

  test('is remembered by the time the task has closed, and not before the work is accepted', async () => {
    const project = crypto.randomUUID();
    const { find } = await memories();
    const task = await baton.create({ project });
    const run = await task.claim(ada);
    await task.do('mark_complete', ada, promoting('Beans.', 'Peas.'));
    expect(await find(COMPANY, 'project', project)).toBeUndefined();
    await task.do('approve', rita);
    await task.final();
    // It is durable by then; a worker takes it in a moment later.
    const memory = await patiently(async () => {
      const there = await find(COMPANY, 'project', project);
      return there && there.entries.length > 0 && there;
    }, 'Nothing was remembered.');
    expect(memory.entries).toMatchObject([
      { text: 'Beans.', by: ada, task: task.id, run: run.id },
      { text: 'Peas.', by: ada, task: task.id, run: run.id },
    ]);
  });

  test('comes together in one memory, each once, from whatever is done at the same time', async () => {
    const project = crypto.randomUUID();
    const { find } = await memories();
    const tasks = await Promise.all(
      Array.from({ length: 5 }, () => baton.create({ project, settleSeconds: 60, ...NO_REVIEW })),
    );
    await Promise.all(
      tasks.map(async (task) => {
        await task.claim(bob);
        await task.do('mark_complete', bob, promoting(`by ${task.id}`));
      }),
    );
    const remembered = await patiently(async () => {
      const there = texts(await find(COMPANY, 'project', project));
      return there.length >= 5 && there;
    }, 'Some were not remembered.');
    const order = (a: string, b: string) => a.localeCompare(b);
    expect(remembered.toSorted(order)).toEqual(tasks.map(({ id }) => `by ${id}`).toSorted(order));
  });

  test('costs a task that promotes nothing no event', async () => {
    const task = await baton.create(NO_REVIEW);
    await task.claim(ada);
    await task.do('mark_complete', ada, { memoryPromotions: [] });
    await task.final();
    const marks = (await task.events()).filter((event) => event.markerRecordedEventAttributes);
    expect(marks).toEqual([]);
  });

  describe('to memories beside the API', () => {
    test('is put there once, however often that is tried', async () => {
      const { promote, read } = await memories();
      const promoted = {
        company: COMPANY,
        task: crypto.randomUUID(),
        run: 'r',
        agent: 'ada',
        memories: [
          { scope: 'client' as const, id: crypto.randomUUID(), entries: [{ index: 3, text: 'Pays.' }] },
        ],
      };
      await promote(promoted);
      await Promise.all([promote(promoted), promote(promoted)]);
      const [memory] = promoted.memories;
      const text = await patiently(() => read(COMPANY, 'client', memory!.id), 'Nothing was remembered.');
      expect(text).toMatch(new RegExp(`^- \\*\\*ada, task ${promoted.task}, .*:\\*\\*\\n {2}Pays\\.\\n$`));
      expect(await read('other', 'client', memory!.id)).toBe('');
    });

    test('is beside what a run leaves in its own words, which come back as they were written', async () => {
      const { find, read, writeTask } = await memories();
      const task = crypto.randomUUID();
      const by = { agent: 'ada', run: 'r' };
      const until = (text: string) =>
        patiently(async () => (await read(COMPANY, 'task', task)) === text, `It never read ${text}.`);
      expect(await read(COMPANY, 'task', task)).toBe('');
      await writeTask(COMPANY, task, '', by);
      expect(await find(COMPANY, 'task', task)).toBeUndefined();
      await writeTask(COMPANY, task, '# Notes\n\n- **olga:** half\n', by);
      await until('# Notes\n\n- **olga:** half\n');
      await writeTask(COMPANY, task, 'All of it.', by);
      await until('All of it.');
      const { version } = (await find(COMPANY, 'task', task))!;
      await writeTask(COMPANY, task, 'All of it.', by);
      expect((await find(COMPANY, 'task', task))!.version).toBe(version);
      await writeTask(COMPANY, task, `x\0\ud800${'y'.repeat(LIMITS.memoryBytes)}!`, by);
      const cut = await patiently(async () => {
        const text = await read(COMPANY, 'task', task);
        return text !== 'All of it.' && text;
      }, 'It was never written.');
      expect(cut).toMatch(/^\(The beginning is cut off.*\)\ny+!$/);
    });

    test('is beside what others note on the task who do not hold it, each once', async () => {
      const { addToTask, find, writeTask } = await memories();
      const task = crypto.randomUUID();
      const by = { agent: 'bob', run: 'r' };
      await addToTask(COMPANY, task, '\0', by);
      await addToTask(COMPANY, task, 'Mind the\0 peas.', by);
      await addToTask(COMPANY, task, 'Mind the peas.', by);
      await writeTask(COMPANY, task, 'Half of them.', { agent: 'ada', run: 's', readVersion: 0 });
      const kept = await patiently(async () => {
        const there = await find(COMPANY, 'task', task);
        return there && there.entries.length > 1 && there;
      }, 'They never came together.');
      expect(texts(kept)).toEqual(['Half of them.', 'Mind the peas.']);
      expect(kept.entries[1]).toMatchObject({ by: bob, run: 'r' });
    });

    test('does not lose what was added while a run had its own copy', async () => {
      const { find, promote, writeTask } = await memories();
      const task = crypto.randomUUID();
      const { version: readVersion } = (await find(COMPANY, 'task', task)) ?? { version: 0 };
      const entries = [{ index: 0, text: 'Mind the peas.' }];
      await promote({
        company: COMPANY,
        task,
        run: 'r',
        agent: 'bob',
        memories: [{ scope: 'task', id: task, entries }],
      });
      await writeTask(COMPANY, task, 'Half of them.', { agent: 'ada', run: 's', readVersion });
      const kept = await patiently(async () => {
        const there = texts(await find(COMPANY, 'task', task));
        return there.length > 1 && there;
      }, 'They never came together.');
      expect(kept).toEqual(['Half of them.', 'Mind the peas.']);
    });

    test('goes on with what there was when somebody ended the memory', async () => {
      const { find, promote } = await memories();
      const id = crypto.randomUUID();
      const say = (run: string) =>
        promote({
          company: COMPANY,
          task: 't',
          run,
          agent: 'ada',
          memories: [{ scope: 'client', id, entries: [{ index: 0, text: `by ${run}` }] }],
        });
      const until = (count: number) =>
        patiently(
          async () => texts(await find(COMPANY, 'client', id)).length === count,
          'It never had them.',
        );
      await say('one');
      await until(1);
      const memory = baton.client.workflow.getHandle(memoryWorkflowId(COMPANY, 'client', id));
      await memory.cancel();
      await patiently(async () => (await memory.describe()).status.name !== 'RUNNING', 'It never ended.');
      await say('two');
      await until(2);
      expect(texts(await find(COMPANY, 'client', id))).toEqual(['by one', 'by two']);
    });
  });
});
