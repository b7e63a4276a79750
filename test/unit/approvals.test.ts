import { describe, expect, test } from 'vitest';
import { diagnose } from '../../api/diagnosis/diagnose.ts';
import { decisionTold, tasksTold } from '../../workflows/approval.ts';
import type { ApprovalRecord } from '../../workflows/approval.ts';
import { offerOf } from '../../workflows/offer.ts';
import { successorInput } from '../../workflows/task-record.ts';
import { standing, waitingFor } from '../../workflows/standing.ts';
import { APPROVAL, AT } from '../support/entities.ts';
import { PureTask, aTaskThatIs, ada, bob, olga, rita } from '../support/task-fixture.ts';

const asked = (task: PureTask, actor = olga, approvalId = 'approval-1') =>
  task.do('approval_asked', actor, { approvalId });
const decided = (task: PureTask, decision: 'approved' | 'rejected', approvalId = 'approval-1') =>
  task.do('approval_decided', rita, { approvalId, decision, note: 'Too dear.' });

const pending = { type: 'approval_pending', blockedBy: 'approval-1', retryable: true };

describe('a task that waits for an approval', () => {
  test('is neither offered nor claimed, by anybody, and says why', () => {
    const task = asked(new PureTask({ queue: 'soup' }));
    expect(offerOf(task.task)).toBeUndefined();
    for (const actor of [ada, olga]) {
      expect(task.send('claim', actor)).toMatchObject({
        ...pending,
        detail: 'The task waits until approval approval-1 (hire_agent, asked for by olga) is decided.',
      });
    }
    expect(task.do('hand_off', olga).send('claim', olga)).toMatchObject(pending);
    expect(standing(new PureTask().do('approval_asked', olga).task)).toBe(
      'May not start before approval approval-1 (hire_agent, asked for by olga) is decided.',
    );
    expect(waitingFor(asked(new PureTask()).task)).toEqual({ kind: 'approval', id: 'approval-1' });
  });

  test('is offered again once it is approved', () => {
    const task = decided(asked(new PureTask({ queue: 'soup' })), 'approved');
    expect(offerOf(task.task)).toBeDefined();
    expect(task.task).not.toHaveProperty('approvals');
    expect(task.send('claim', ada)).toBe('accepted');
  });

  test('goes on with a run that has begun, which can do anything but hand in', () => {
    const task = asked(aTaskThatIs('running'), ada);
    expect(task.send('report_progress', ada)).toBe('accepted');
    expect(task.send('mark_complete', ada)).toMatchObject(pending);
    expect(standing(task.task)).toMatch(/^ada works on it\. It can't be done before approval approval-1 /);
    for (const end of ['release', 'mark_failed', 'hand_off'] as const)
      expect(asked(aTaskThatIs('running'), ada).send(end, ada)).toBe('accepted');
    for (const decision of ['approved', 'rejected'] as const)
      expect(decided(asked(aTaskThatIs('running')), decision).send('mark_complete', ada)).toBe('accepted');
  });

  test('is not approved by a reviewer meanwhile, but can be sent back', () => {
    const task = asked(aTaskThatIs('review'));
    expect(task.send('approve', rita)).toMatchObject(pending);
    task.do('request_changes', rita, { rework: 'same_task' });
    expect(task.send('claim', ada)).toMatchObject(pending);
  });

  test('that is being cancelled keeps the work of its agent', () => {
    expect(asked(aTaskThatIs('running')).cancel().do('mark_complete', ada).status).toBe('cancelled');
  });

  test('waits for all of them, and for its turn besides', () => {
    const task = asked(asked(new PureTask({}, { gate: { blockedBy: 'before' } })), olga, 'approval-2');
    expect(standing(task.task)).toMatch(/before task before is done and approvals .* and .* are decided\.$/);
    expect(task.send('claim', ada)).toMatchObject({ type: 'seq_blocked' });
    decided(task.do('open_gate', olga), 'approved', 'approval-1');
    expect(task.send('claim', ada)).toMatchObject({ ...pending, blockedBy: 'approval-2' });
    expect(decided(task, 'approved', 'approval-2').send('claim', ada)).toBe('accepted');
  });

  test('still waits after it was reopened; the task that follows it does not', () => {
    const task = asked(new PureTask({ settleSeconds: 60 }))
      .cancel()
      .do('reopen', olga);
    expect(task.send('claim', ada)).toMatchObject(pending);
    expect(successorInput(task.task)).not.toHaveProperty('approvals');
  });

  test('hears the same news twice as once, and of what it never knew as nothing', () => {
    const task = asked(new PureTask({ assignee: 'ada' }));
    const { task: before } = task;
    expect(asked(task).task).toBe(before);
    expect(decided(task, 'approved', 'approval-2').task).toBe(before);
    const { task: after } = decided(task, 'approved');
    expect(decided(task, 'rejected').task).toBe(after);
  });

  test('waits for so many at most', () => {
    const task = new PureTask();
    for (let i = 0; i < 50; i += 1) asked(task, olga, `approval-${i}`);
    expect(task.send('approval_asked', olga, { approvalId: 'approval-50' })).toMatchObject({
      type: 'task_full',
    });
  });
});

describe('a rejection', () => {
  test('hands a task that waits to people, with the reason', () => {
    const task = decided(asked(new PureTask({ assignee: 'bob' }), olga), 'rejected');
    expect(task.task).toMatchObject({
      status: 'handoff',
      handoff: { by: 'rita', blockers: 'Approval approval-1 (hire_agent) was rejected by rita: Too dear.' },
    });
    expect(task.send('resume', olga)).toBe('accepted');
    expect(task.send('claim', bob)).toBe('accepted');
  });

  test('leaves it to whoever asked, where it is theirs', () => {
    const task = decided(asked(new PureTask({ assignee: 'ada' }), ada), 'rejected');
    expect(task.status).toBe('queued');
    expect(task.send('claim', ada)).toBe('accepted');
  });

  test('leaves the other approvals as they are', () => {
    const task = decided(asked(asked(new PureTask()), olga, 'approval-2'), 'rejected').do('resume', olga);
    expect(task.send('claim', ada)).toMatchObject({ ...pending, blockedBy: 'approval-2' });
  });
});

describe('a task that is a mere link to whoever asks', () => {
  test('waits for the holder, assignee and creator, and for people, but for no other agent', () => {
    const forbidden = { type: 'forbidden' };
    expect(new PureTask().send('approval_asked', ada)).toMatchObject(forbidden);
    expect(aTaskThatIs('running').send('approval_asked', bob)).toMatchObject(forbidden);
    expect(aTaskThatIs('handoff').send('approval_asked', ada), 'it held it once').toMatchObject(forbidden);
    expect(aTaskThatIs('running').send('approval_asked', ada)).toBe('accepted');
    expect(new PureTask({ assignee: 'ada' }).send('approval_asked', ada)).toBe('accepted');
    expect(new PureTask({}, { createdBy: ada }).send('approval_asked', ada)).toBe('accepted');
    expect(new PureTask().send('approval_asked', rita)).toBe('accepted');
  });
});

describe('a container', () => {
  const container = () =>
    asked(new PureTask({}, { children: [{ id: 'a', definition: { title: 'A' } }] })).hear({
      child: 'a',
      status: 'done',
    });

  test('does not complete before, and does so then by itself', () => {
    const task = container();
    expect(task.status).toBe('queued');
    expect(standing(task.task)).toMatch(/^All its sub-tasks are done\. It can't be done before approval/);
    expect(waitingFor(task.task)).toEqual({ kind: 'approval', id: 'approval-1' });
    expect(decided(task, 'approved').status).toBe('review');
  });

  test('goes to people when it is rejected', () => {
    expect(decided(container(), 'rejected').status).toBe('handoff');
  });
});

describe('the diagnosis', () => {
  const about = { now: AT, pending: [] };

  test('tells who has to decide, since when it waits, and what to do', () => {
    const { task } = asked(new PureTask({ queue: 'soup' }), olga).wait(5);
    const { since, facts, whatToDo } = diagnose(task, about);
    expect(since).toBe(task.approvals![0]!.since);
    expect(facts).toMatchObject([
      { name: 'approval', data: { approval: 'approval-1', requestedBy: 'olga' } },
    ]);
    expect(whatToDo).toEqual([expect.stringContaining('POST /v1/approvals/approval-1/decide')]);
  });

  test('says that nobody can decide any more', () => {
    const { task } = asked(new PureTask());
    const { sentence, whatToDo } = diagnose(task, { ...about, lapsed: task.approvals![0]! });
    expect(sentence).toContain('has ended without a decision. Cancel the task');
    expect(whatToDo[0]).toContain(`Cancel it, POST /v1/tasks/${task.id}/cancel`);
  });
});

describe('an approval', () => {
  const approval = (also: Partial<ApprovalRecord>) => ({ ...APPROVAL, issueIds: ['task-1'], ...also });
  const by = (step: ApprovalRecord['history'][number]['step']) => ({ step, by: olga, at: AT, note: 'No.' });

  test('tells its tasks when it begins and when it is decided, and not of revisions', () => {
    expect(tasksTold(approval({}))).toEqual({
      to: ['task-1'],
      name: 'approval_asked',
      content: { approvalId: 'approval-1', type: 'hire_agent', actor: ada },
    });
    const revised = [by('request_revision')];
    expect(tasksTold(approval({ status: 'revision_requested', history: revised }))).toBeUndefined();
    expect(tasksTold(approval({ history: [...revised, by('resubmit')] }))).toBeUndefined();
    const rejected = approval({ status: 'rejected', history: [by('reject')] });
    expect(tasksTold(rejected)).toEqual({
      to: ['task-1'],
      name: 'approval_decided',
      content: { approvalId: 'approval-1', decision: 'rejected', actor: olga, note: 'No.' },
    });
    expect(decisionTold(rejected)).toMatchObject([{ to: { agent: 'ada' } }]);
  });
});
