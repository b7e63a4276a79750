import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import type { RealTask } from '../support/real-task.ts';
import { ada, olga, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

/** What lists find a task by. */
async function attributesOf(task: RealTask): Promise<Record<string, unknown>> {
  const { typedSearchAttributes } = await task.handle.describe();
  const ours = typedSearchAttributes.getAll().filter(({ key }) => key.name.startsWith('Task'));
  return Object.fromEntries(ours.map(({ key, value }) => [key.name, value]));
}

describeOnWorkers('what Temporal shows of a task', (baton) => {
  test('follows it through its states', async () => {
    const task = await baton.create({ labels: ['food'], project: 'soup' });
    const always = { TaskCompany: 'acme', TaskPriority: 3, TaskLabels: ['food'], TaskProject: 'soup' };
    const text = { TaskText: expect.stringContaining('Count the beans') };
    const expectShown = async (status: string, held: object = {}) => {
      expect(await attributesOf(task)).toEqual({ ...always, ...text, ...held, TaskStatus: status });
      expect(await task.page()).toContain(`- **Status:** ${status}`);
    };
    await expectShown('queued');
    const run = await task.claim(ada);
    const held = { TaskHolder: 'ada', TaskRun: run.id };
    await expectShown('assigned', held);
    await task.do('report_progress', ada);
    await expectShown('running', held);
    await task.do('hand_off', ada);
    await expectShown('handoff', { TaskRun: run.id });
    const { id: lastRun } = await task.claim(ada);
    await task.do('mark_complete', ada);
    await expectShown('review', { TaskRun: lastRun });
    await task.do('approve', rita);
    await task.final();
    expect(await attributesOf(task)).toMatchObject({ TaskStatus: 'done' });
  });

  test('follows its edits, and forgets what an edit clears', async () => {
    const task = await baton.create({ type: 'count', client: 'kitchen', assignee: 'bob' });
    expect((await task.handle.describe()).memo).toMatchObject({ type: 'count', client: 'kitchen' });
    await task.do('edit', olga, {
      edit: { title: 'Count the peas', type: null, assignee: null, goal: 'soup' },
    });
    const { memo } = await task.handle.describe();
    expect(memo).toMatchObject({
      title: 'Count the peas',
      client: 'kitchen',
      company: 'acme',
      createdBy: 'olga',
    });
    expect(memo).not.toHaveProperty('type');
    const attributes = await attributesOf(task);
    expect(attributes).toMatchObject({ TaskGoal: 'soup', TaskText: expect.stringContaining('peas') });
    expect(attributes).not.toHaveProperty('TaskAssignee');
  });

  test('is complete too when a client started the task without any of it', async () => {
    const definition = { title: 'Count the beans', type: 'count' };
    const input = { definition, company: 'acme', createdBy: olga };
    const task = await baton.startRaw([defaultPayloadConverter.toPayload(input)]);
    await task.view();
    expect(await attributesOf(task)).toMatchObject({
      TaskStatus: 'queued',
      TaskCompany: 'acme',
      TaskPriority: 3,
    });
    expect((await task.handle.describe()).memo).toMatchObject({ title: 'Count the beans', type: 'count' });
  });

  test('names the agent and its attempt on each lease', async () => {
    const task = await baton.create({ maxAttempts: 5 });
    await task.claim(ada);
    const [lease] = (await task.events()).filter((event) => event.activityTaskScheduledEventAttributes);
    const summary = JSON.parse(Buffer.from(lease!.userMetadata!.summary!.data!).toString());
    expect(summary).toBe('ada, attempt 1 of 5');
  });

  test('says which message could not be read, and why', async () => {
    const task = await baton.create();
    await task.handle.signal('approve', { actor: 'rita' });
    expect(await task.page()).toMatch(/Ignored message:\*\* approve at .*: \/messageId must be a string/);
  });
});
