/** What began under older code goes on under the code of today, and replays. */
import { expect, test } from 'vitest';
import { approvalUpdate } from '../../workflows/approval.ts';
import { bundleWithMereLinks, bundleWithoutWakes } from '../support/altered-bundles.ts';
import { askFor, untilItWaits } from '../support/approvals.ts';
import { APPROVAL, json } from '../support/entities.ts';
import { ada, bob, olga, rita } from '../support/task-fixture.ts';
import { temporalUnderTest } from '../support/temporal.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers(
  'what began before anybody was woken',
  (baton) => {
    test('wakes from the next thing on that happens to it', async () => {
      const company = `company-${crypto.randomUUID()}`;
      await baton.stopWorking();
      await baton.startWorking(bundleWithoutWakes(temporalUnderTest().workflowBundlePath));
      const task = await baton.create({ assignee: 'ada' }, { company });
      await task.do('comment', bob, { comment: '@ada', mentions: ['ada'] });
      const asked = { ...APPROVAL, id: crypto.randomUUID(), company };
      const { handle: approval } = await baton.startRaw(json(asked), 'approval');
      const step = (name: string) =>
        approval.executeUpdate(approvalUpdate, {
          args: [{ messageId: crypto.randomUUID(), actor: olga, step: name } as never],
        });
      await step('request_revision');
      await step('resubmit');
      const limits = { heartbeatSeconds: 5 };
      const profile = { name: 'Bob', role: 'cook', limits };
      const other = await baton.startAgent({
        company,
        id: 'bob',
        profile,
        updatedAt: '2020-01-01T00:00:00Z',
      });
      await other.until(() => true);
      await baton.stopWorking();
      await baton.startWorking();

      await task.do('edit', olga, { edit: { title: 'Other' } });
      await task.do('comment', bob, { comment: '@ada', mentions: ['ada'] });
      const agent = await baton.agentOf(company, 'ada');
      expect(await agent.until(({ wakes }) => wakes.length > 0)).toMatchObject({
        wakes: [{ taskId: task.id, reasons: ['mention'], count: 1 }],
      });
      await step('approve');
      await approval.result();
      await agent.until(({ wakes }) => wakes.length === 2);
      await other.signal('wake', { reason: 'manual' });
      await other.until(({ wakes }) => wakes[0]?.reasons.includes('timer') ?? false);
    });
  },
  { sideBySide: false },
);

describeOnWorkers(
  'an approval that began before any held its tasks back',
  (baton) => {
    test('goes on as a mere link, beside one that holds them back', async () => {
      await baton.stopWorking();
      await baton.startWorking(bundleWithMereLinks(temporalUnderTest().workflowBundlePath));
      const task = await baton.create();
      const before = await askFor(baton, [task], { requestedBy: olga });
      await before.step('request_revision');
      await baton.restart();
      await before.step('resubmit', olga);
      const approval = await askFor(baton, [task], { requestedBy: olga });
      expect((await untilItWaits(task)).approvals).toMatchObject([{ id: approval.id }]);
      await before.step('reject');
      await before.handle.result();
      expect(await task.view()).toMatchObject({ status: 'queued', approvals: [{ id: approval.id }] });
      await approval.step('approve', rita);
      await task.claim(ada);
    });
  },
  { sideBySide: false },
);
