import { expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import type { Actor } from '../../workflows/actor.ts';
import { ada, olga, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

/** As much of `piece` as fits. */
const fill = (piece: string, bytes: number) => piece.repeat(Math.floor(bytes / Buffer.byteLength(piece)));

describeOnWorkers('a task whose texts are as long as they may be', (baton) => {
  test.each([
    ['letters', 'x'],
    ['characters of three bytes', '豆'],
    ['characters outside the basic plane', '🫘'],
    ['quotation marks, which JSON doubles', '"'],
    ['control characters, which JSON makes six times as long', '\u0001'],
  ])('goes from its first run to its successor: %s', async (_what, piece) => {
    const name = fill(piece, LIMITS.idBytes);
    const agent: Actor = { id: name, role: 'agent' };
    const label = fill(piece, LIMITS.labelBytes);
    const definition = {
      title: fill(piece, LIMITS.titleBytes),
      description: fill(piece, LIMITS.descriptionBytes / 8),
      labels: Array.from(
        { length: Math.min(20, Math.floor(1_900 / JSON.stringify(label).length)) },
        () => label,
      ),
      assignee: name,
      project: name,
      goal: name,
      client: name,
      type: name,
    };
    const edited = await baton.create();
    await edited.do('edit', olga, { edit: definition });

    for (const task of [edited, await baton.create(definition)]) {
      await task.claim(agent, { runId: name });
      await task.do('report_progress', agent, { runId: name, note: fill(piece, LIMITS.noteBytes) });
      await task.do('mark_complete', agent, { runId: name });
      await task.do('request_changes', rita, { comment: fill(piece, LIMITS.commentBytes) });
      const { followedBy } = await task.final();
      expect(await baton.open(followedBy!).view()).toMatchObject({ status: 'queued', definition });
    }
  });
});

describeOnWorkers('what Temporal or its databases could not store', (baton) => {
  test.each([
    ['a deadline after the year 9999', { deadline: '9999-12-31T23:59:59-14:00' }],
    ['a deadline of more than four digits', { deadline: '+010000-01-01T00:00:00Z' }],
    ['a deadline before the year 1', { deadline: '0000-06-01T00:00:00Z' }],
    ['a deadline in local time', { deadline: '2030-01-01T00:00:00' }],
    ['labels that are too long together', { labels: Array.from({ length: 20 }, () => '"'.repeat(60)) }],
    ['NUL', { title: 'a\0b' }],
    ['half a surrogate pair', { assignee: '\ud800' }],
  ])('is refused in an edit: %s', async (_what, edit) => {
    const task = await baton.create();
    expect(await task.send('edit', olga, { edit })).toMatchObject({ type: 'malformed_message' });
    await task.claim(ada);
  });
});
