/** What a run writes into its task's memory is there for the next one, and nothing else gets in by that way. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LaunchPad, sh } from '../support/launching.ts';

let pad: LaunchPad;
beforeAll(async () => {
  pad = await LaunchPad.make();
});
afterAll(() => pad.remove());

describe('the memory of a task', () => {
  const NOTES = '.company-agents/memory/task.md';
  const remembered = (taskId: string) => pad.memory.of('task', taskId);

  test('is collected however a run ends, and restored for the next', async () => {
    const { id: taskId } = pad.task();
    const append = (text: string, then: string) => sh(`echo ${text} >> ${NOTES}; ${then}`);
    await pad.start(append('one', 'exit 0'), { taskId }).result;
    await pad.start(append('two', 'exit 1'), { taskId }).result;
    await pad.start(append('three', 'kill -9 $$'), { taskId }).result;
    const stopped = pad.start(append('four', 'touch ready; trap "" TERM; sleep 1000'), {
      taskId,
      graceSeconds: 0,
    });
    await stopped.reached('ready');
    stopped.cancel();
    await stopped.failure();
    const shut = pad.start(append('five', 'touch ready; sleep 1000'), { taskId });
    await shut.reached('ready');
    shut.cancel('WORKER_SHUTDOWN');
    await shut.failure();
    expect(remembered(taskId)).toBe('one\ntwo\nthree\nfour\nfive\n');
    expect((await pad.start(sh(`cat ${NOTES}`), { taskId }).result).tail).toBe(remembered(taskId));
  });

  test('is written only by who changed it, and stays when its file is removed', async () => {
    const { id: taskId } = pad.task();
    await pad.start(sh(`echo one > ${NOTES}`), { taskId }).result;
    await pad.start(sh('exit 0'), { taskId }).result;
    await pad.start(sh(`rm -r .company-agents`), { taskId }).result;
    expect(pad.memory.past('task', taskId)).toEqual(['one\n']);
  });

  test.each(['>>', '>'])(
    'is added to by a run beside the task, which can not take it away: %s',
    async (how) => {
      const task = pad.task();
      const run = pad.start(sh(`echo mine > ${NOTES}`), { taskId: task.id });
      await run.result;
      expect(remembered(task.id)).toBe('mine\n');
      pad.offer(sh(`cat ${NOTES}; echo theirs ${how} ${NOTES}`));
      const beside = { taskId: task.id, agentId: 'bob' };
      const asked = pad.startOffered(beside, pad.activity(), 'agent/bob');
      expect((await asked.result).tail).toBe('mine\n');
      expect(remembered(task.id)).toBe('mine\n- bob: theirs\n');
      pad.offer(sh(`echo " " >> ${NOTES}`));
      await pad.startOffered(beside, pad.activity(), 'agent/bob').result;
      expect(pad.memory.past('task', task.id)).toHaveLength(2);
    },
  );

  test('is collected in its latest part when there is far too much of it', async () => {
    const { id: taskId } = pad.task();
    await pad.start(sh(`yes é | head -c 2000000 > ${NOTES}; echo the end >> ${NOTES}`), { taskId }).result;
    expect(remembered(taskId)).toMatch(/^[é\n]+the end\n$/);
    expect(Buffer.byteLength(remembered(taskId)!)).toBeLessThanOrEqual(1024 * 1024);
  });

  test.each([
    ['a link to a secret', (secret: string) => `rm ${NOTES}; ln -s ${secret} ${NOTES}`],
    ['another name of a secret', (secret: string) => `rm ${NOTES}; ln ${secret} ${NOTES}`],
    [
      'a linked folder',
      (secret: string) => `rm -r .company-agents/memory; ln -s $(dirname ${secret}) .company-agents/memory`,
    ],
    [
      'a linked folder above',
      (secret: string) =>
        `mkdir x; cp -r $(dirname ${secret}) x/memory; mv .company-agents y; ln -s x .company-agents`,
    ],
    ['a pipe that nobody writes to', () => `rm ${NOTES}; mkfifo ${NOTES}`],
    ['a folder', () => `rm ${NOTES}; mkdir ${NOTES}`],
  ])('is not read from %s', async (_what, change) => {
    const folder = join(pad.folder, 'private');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'task.md'), 'a secret');
    const { id: taskId } = pad.task();
    const run = pad.start(sh(change(join(folder, 'task.md'))), { taskId });
    expect(await run.result).toMatchObject({ exitCode: 0 });
    expect(remembered(taskId)).toBeUndefined();
  });

  test('goes from a run to the next even if that is launched while the one before still winds down', async () => {
    const { id: taskId } = pad.task();
    const activity = pad.activity();
    pad.offer(
      sh(
        `trap 'sleep 0.3; echo last words >> ${NOTES}; exit' TERM; touch ready; while :; do sleep 0.05; done`,
      ),
    );
    const before = pad.startOffered({ taskId }, activity);
    await before.reached('ready');
    before.cancel();
    const after = pad.startOffered({ taskId }, activity);
    pad.offer(sh(`cat ${NOTES}`));
    expect((await after.result).tail).toBe('last words\n');
    await before.failure();
  });
});
