import { expect, test } from 'vitest';
import type { RealTask } from '../support/real-task.ts';
import { MESSAGES } from '../../workflows/messages.ts';
import { ada, olga, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

type Payload = Parameters<RealTask['signalRaw']>[1][number];
const bytes = (text: string) => new TextEncoder().encode(text);
const payload = (encoding: string, data: string): Payload => ({
  metadata: { encoding: bytes(encoding) },
  data: bytes(data),
});
const json = (value: unknown) => payload('json/plain', JSON.stringify(value));

/** Arguments that are no message, by what is wrong with them. */
const GARBAGE: [string, Payload[]][] = [
  ['missing', []],
  ['null', [json(null)]],
  ['a number', [json(7)]],
  ['a list', [json([])]],
  ['an empty object', [json({})]],
  ['fields of the wrong types', [json({ messageId: 7, actor: 'rita', edit: [] })]],
  ['no JSON', [payload('json/plain', '{"messageId":')]],
  ['nothing where JSON should be', [payload('json/plain', '')]],
  ['bytes', [payload('binary/plain', '\u0000\u0001')]],
  ['an unknown encoding', [payload('binary/unknown', 'x')]],
  ['a protobuf of no known type', [payload('json/protobuf', '{}')]],
  ['without any encoding', [{ data: bytes('x') }]],
];

/** The task lives: an agent can take it and get it done. */
async function expectToWork(task: RealTask): Promise<void> {
  await task.claim(ada);
  await task.do('mark_complete', ada);
  await task.do('approve', rita);
  expect((await task.final()).status).toBe('done');
}

describeOnWorkers('a message that can not be read', (baton) => {
  test.each(GARBAGE)('is shown and ignored, whatever signal it is: %s', async (_what, payloads) => {
    const task = await baton.create();
    const before = await task.view();
    for (const name of [...Object.keys(MESSAGES), 'no_such_signal', '']) {
      await task
        .signalRaw(name, payloads)
        .catch((error: Error) => expect(error.message).toContain('SignalName'));
    }
    const { malformed, ...after } = await task.view();
    expect(malformed?.message).toBe('no_such_signal');
    expect(after).toEqual(before);
    await expectToWork(task);
  });

  test('is not even seen under a name that the SDK keeps for itself', async () => {
    const task = await baton.create();
    const before = await task.view();
    for (const name of ['__temporal_', '__temporal_no_such', '__stack_trace'])
      await task.signalRaw(name, [json({})]);
    const { malformed: _shown, ...after } = await task.view();
    expect(after).toEqual(before);
    await expectToWork(task);
  });

  test.each(GARBAGE)('is refused as an update: %s', async (_what, payloads) => {
    const task = await baton.create();
    for (const name of ['claim', 'edit', 'create_subtask']) {
      expect(await task.updateRaw(name, payloads)).toMatchObject({
        applicationFailureInfo: { type: 'malformed_message' },
      });
    }
    expect(await task.updateRaw('no_such_update', payloads)).toBeDefined();
    await expectToWork(task);
  });

  test('leaves no trace in history as an update', async () => {
    const task = await baton.create();
    await task.view();
    const before = await task.events();
    await task.updateRaw('claim', [json({})]);
    expect(await task.events()).toHaveLength(before.length);
  });

  test('does not hide the messages sent with it', async () => {
    const task = await baton.create();
    await Promise.all([
      ...GARBAGE.map(([, payloads]) => task.signalRaw('comment', payloads)),
      task.do('comment', olga),
    ]);
    expect((await task.view()).commentCount).toBe(1);
  });
});

describeOnWorkers('a task that is started with nonsense', (baton) => {
  const input = { definition: { title: 'T' }, company: 'acme', createdBy: olga };

  test.each([
    ...GARBAGE,
    ['no title', [json({ ...input, definition: {} })]],
    ['nobody who created it', [json({ ...input, createdBy: undefined })]],
    ['sub-tasks that are none', [json({ ...input, children: [{ id: 'x' }] })]],
    ['a place in no tree', [json({ ...input, parent: { id: 'x', depth: 11 } })]],
    ['a state that only a former execution may carry over', [json({ task: { id: 'x', status: 'done' } })]],
  ] as typeof GARBAGE)('fails at once as malformed, and is not tried again: %s', async (_what, payloads) => {
    const task = await baton.startRaw(payloads);
    await expect(task.handle.result()).rejects.toMatchObject({ cause: { type: 'malformed_input' } });
    const events = await task.events();
    expect(events.filter((event) => event.workflowTaskStartedEventAttributes)).toHaveLength(1);
  });
});
