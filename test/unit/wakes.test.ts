import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decisionTold, takeStep } from '../../workflows/approval.ts';
import { offerOf } from '../../workflows/offer.ts';
import type { WakeReason } from '../../workflows/agent-record.ts';
import type { Message } from '../../workflows/messages.ts';
import { successorInput } from '../../workflows/task-record.ts';
import type { Task } from '../../workflows/task-record.ts';
import { isTerminal } from '../../workflows/task-state.ts';
import type { Definition } from '../../workflows/definition.ts';
import type { ToldAgent } from '../../workflows/tell-agents.ts';
import { firstWakes, wakesOf } from '../../workflows/wakes.ts';
import { argumentsNow, definitions, lives } from '../support/arbitrary-steps.ts';
import { APPROVAL, AT } from '../support/entities.ts';
import { PureTask, ada, bob, olga, rita } from '../support/task-fixture.ts';
import type { Surroundings } from '../support/task-fixture.ts';

/** A task that notes whom it wakes. */
function aTask(definition: Partial<Definition> = {}, also: Surroundings = {}) {
  const told: ToldAgent[] = [];
  const task = new PureTask(definition, {
    became: (before, after, message) => told.push(...wakesOf(before, after, message)),
    ...also,
  });
  told.push(...firstWakes(task.task));
  const woken = () =>
    told.splice(0).map(({ to, content }) => {
      const whom = 'agent' in to ? to.agent : `manager of ${to.managerOf}`;
      return `${whom}: ${'reason' in content ? content.reason : ''}`;
    });
  return { task, woken, told };
}

describe('an assignee is woken', () => {
  const given = { assignee: 'ada' };

  test('when the task is created, and by nothing that leaves it waiting', () => {
    const { task, told, woken } = aTask(given);
    expect(told).toEqual([
      { to: { agent: 'ada' }, name: 'wake', content: { reason: 'assignment', taskId: 'task-1' } },
    ]);
    woken();
    task.do('edit', olga, { edit: { title: 'Other', priority: 1 } }).do('comment', bob);
    expect(woken()).toEqual([]);
  });

  test('when it becomes the assignee', () => {
    const { task, woken } = aTask();
    expect(woken()).toEqual([]);
    task.do('edit', olga, { edit: { assignee: 'ada' } });
    expect(woken()).toEqual(['ada: assignment']);
    task.do('edit', olga, { edit: { assignee: 'bob' } });
    expect(woken()).toEqual(['bob: assignment']);
    task.do('edit', olga, { edit: { assignee: null } });
    expect(woken()).toEqual([]);
  });

  test('when what it waits for is approved, unless the decision wakes it anyway', () => {
    const { task, woken } = aTask(given);
    for (const [actor, wakes] of [
      [olga, ['ada: assignment']],
      [ada, []],
    ] as const) {
      task.do('approval_asked', actor);
      woken();
      task.do('approval_decided', rita);
      expect(woken()).toEqual(wakes);
    }
  });

  test('when the gate opens, and not before', () => {
    const { task, woken } = aTask(given, { gate: { blockedBy: 'before' } });
    expect(woken()).toEqual([]);
    task.do('open_gate', olga);
    expect(woken()).toEqual(['ada: assignment']);
  });

  test('when another try may begin', () => {
    const { task, woken } = aTask(given);
    woken();
    task.do('claim', ada).loseLease();
    expect(woken()).toEqual(['ada: assignment']);
    task.do('claim', ada).do('mark_failed', ada, { reasonCode: 'agent_exited' });
    expect(woken()).toEqual([]);
    task.wait(3_600);
    expect(woken()).toEqual(['ada: assignment']);
  });

  test('when a person takes up what it handed off, but not by giving it back itself', () => {
    const { task, woken } = aTask(given);
    woken();
    task.do('claim', ada).do('hand_off', ada);
    expect(woken()).toEqual([]);
    task.do('resume', olga);
    expect(woken()).toEqual(['ada: assignment']);
    task.do('claim', ada).do('release', ada);
    expect(woken()).toEqual([]);
    task.do('claim', ada).do('release', ada, { edit: { assignee: 'bob' } });
    expect(woken()).toEqual(['bob: assignment']);
  });

  test('when changes are requested, of the same task or by the one that follows', () => {
    const { task, woken } = aTask({ review: { policy: 'required', rework: 'same_task' } });
    task.do('claim', ada).do('mark_complete', ada).do('request_changes', rita);
    expect(woken()).toEqual(['ada: changes_requested']);

    const other = aTask({ assignee: 'ada' });
    other.woken();
    other.task.do('claim', ada).do('mark_complete', ada).do('request_changes', rita);
    expect(other.woken()).toEqual([]);
    const { definition, ...also } = successorInput(other.task.task);
    expect(aTask(definition, also).woken()).toEqual(['ada: changes_requested']);
    const retried = { follows: { task: 'task-1', by: olga, comment: 'Again.' } };
    expect(aTask(definition, retried).woken()).toEqual(['ada: assignment']);
  });

  test('not for a task that waits in a queue, or that is a container', () => {
    expect(aTask({ queue: 'soup' }).woken()).toEqual([]);
    expect(aTask({ autoComplete: true }).woken()).toEqual([]);
  });
});

describe('a comment', () => {
  test('wakes those it calls, once each, and never its author', () => {
    const { task, told } = aTask();
    task.do('comment', bob, { messageId: 'c1', mentions: ['ada', 'bob', 'ada'] });
    expect(told).toEqual([
      {
        to: { agent: 'ada' },
        name: 'wake',
        content: { reason: 'mention', taskId: 'task-1', commentId: 'c1' },
      },
    ]);
  });

  test('of a person says so, and that of an agent does not', () => {
    const { task, told } = aTask();
    task.do('comment', olga, { mentions: ['ada'] }).do('comment', bob, { mentions: ['ada'] });
    expect(told.map(({ content }) => 'byPerson' in content)).toEqual([true, false]);
  });

  test('does so along with any message, unless that is refused or comes again', () => {
    const { task, woken } = aTask();
    task.do('claim', ada).do('report_progress', ada, { comment: '@bob', mentions: ['bob'], messageId: 'm' });
    expect(woken()).toEqual(['bob: mention']);
    task.do('report_progress', ada, { comment: '@bob', mentions: ['bob'], messageId: 'm' });
    task.send('release', bob, { comment: '@ada', mentions: ['ada'] });
    expect(woken()).toEqual([]);
  });

  test('on a task that has ended wakes nobody', () => {
    const { task, woken } = aTask({ settleSeconds: 60 });
    task.cancel().do('comment', bob, { mentions: ['ada'] });
    expect(woken()).toEqual([]);
  });
});

describe('when all sub-tasks have ended', () => {
  const children = ['a', 'b'].map((id) => ({ id, definition: { title: id } }));
  const end = { status: 'done' as const };

  test('whoever holds the parent is woken, once', () => {
    const { task, woken } = aTask({ assignee: 'bob' }, { children });
    task.do('claim', bob);
    woken();
    task.hear({ child: 'a', ...end });
    expect(woken()).toEqual([]);
    task.hear({ child: 'b', status: 'failed' });
    expect(woken()).toEqual(['bob: children_finished']);
    task.hear({ child: 'b', status: 'failed' });
    expect(woken()).toEqual([]);
  });

  test('or whoever it is assigned to, or held it last; or nobody', () => {
    const assigned = aTask({ assignee: 'bob', queue: 'q' }, { children });
    assigned.woken();
    assigned.task.hear({ child: 'a', ...end }).hear({ child: 'b', ...end });
    expect(assigned.woken()).toEqual(['bob: children_finished']);
    const held = aTask({ queue: 'q' }, { children });
    held.task
      .do('claim', ada)
      .do('release', ada)
      .hear({ child: 'a', ...end })
      .hear({ child: 'b', ...end });
    expect(held.woken()).toEqual(['ada: children_finished']);
    const nobodys = aTask({ queue: 'q' }, { children });
    nobodys.task.hear({ child: 'a', ...end }).hear({ child: 'b', ...end });
    expect(nobodys.woken()).toEqual([]);
  });
});

test('a checkpoint with blockers wakes the manager of the agent', () => {
  const { task, told } = aTask();
  task.do('claim', ada).do('report_progress', ada, { blockers: ' ' });
  expect(told).toEqual([]);
  task.do('report_progress', ada, { blockers: 'no access' });
  expect(told).toEqual([
    { to: { managerOf: 'ada' }, name: 'wake', content: { reason: 'escalation', taskId: 'task-1' } },
  ]);
});

const waitsFor = (task: Task) => offerOf(task) && task.definition.assignee;

/** What is wrong about whom a change wakes. */
function faultsOf(before: Task, after: Task, message: Message | undefined): unknown[] {
  const told = wakesOf(before, after, message);
  const whom = waitsFor(after);
  const isNew = whom !== undefined && whom !== waitsFor(before) && !after.cancel;
  const end = before.run?.agent === whom ? after.endedRuns.at(-1)?.end : undefined;
  const isGivenBack = end === 'released' || end === 'continued';
  const decided = message?.name === 'approval_decided' ? message.approvalId : undefined;
  const isTheirs = before.approvals?.some(({ id, requestedBy }) => id === decided && requestedBy.id === whom);
  const isAssigned = told.some(({ content }) => isFor(content, 'assignment', 'changes_requested'));
  const faults = told.filter(({ to, content }) => {
    const mentioned = isFor(content, 'mention');
    return isTerminal(after.status) || (mentioned && 'agent' in to && to.agent === message?.actor.id);
  });
  return isAssigned === (isNew && !isGivenBack && !isTheirs) ? faults : [...faults, { before, after, told }];
}

const isFor = (content: ToldAgent['content'], ...reasons: WakeReason[]): boolean =>
  'reason' in content && reasons.includes(content.reason);

test('whatever happens to a task, it wakes nobody for what has ended or by its own words, and whom it begins to wait for', () => {
  const assigned = definitions.chain((definition) =>
    fc.constantFrom(undefined, 'ada', 'bob').map((assignee) => ({ ...definition, assignee })),
  );
  fc.assert(
    fc.property(assigned, lives, (definition, steps) => {
      const faults: unknown[] = [];
      const task = new PureTask(definition, {
        became: (before, after, message) => faults.push(...faultsOf(before, after, message)),
      });
      for (const step of steps) {
        if (step.do === 'wait') task.wait(step.seconds);
        else if (step.do === 'cancel') task.cancel();
        else if (step.do === 'lose the lease') task.loseLease(step);
        else {
          const mentions = { comment: '@all', mentions: ['ada', 'bob'] };
          task.send(step.name, step.actor, { ...argumentsNow(step, task.task), ...mentions } as never);
        }
      }
      expect(faults).toEqual([]);
    }),
  );
});

test('who asked for an approval is woken by each decision, and nobody by asking again', () => {
  const asked = { ...APPROVAL, issueIds: ['task-1'] };
  const after = (step: 'approve' | 'reject' | 'request_revision') => {
    const taken = takeStep(asked, { step, actor: olga, messageId: 'm' }, AT);
    return decisionTold(taken as typeof asked);
  };
  const wake = { approvalId: 'approval-1', reason: 'approval_decided', linkedIssueIds: ['task-1'] };
  expect([after('approve'), after('reject'), after('request_revision')]).toMatchObject(
    ['approved', 'rejected', 'revision_requested'].map((approvalStatus) => [
      { to: { agent: 'ada' }, name: 'wake', content: { ...wake, approvalStatus } },
    ]),
  );
  expect(decisionTold(asked)).toEqual([]);
  expect(decisionTold({ ...asked, requestedBy: rita, status: 'approved' })).toEqual([]);
});
