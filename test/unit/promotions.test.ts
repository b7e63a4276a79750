import { describe, expect, test } from 'vitest';
import type { Definition } from '../../workflows/definition.ts';
import { details } from '../../workflows/details.ts';
import { errandsOf } from '../../workflows/errands.ts';
import type { Errand } from '../../workflows/errands.ts';
import { promotedBy, unplaced } from '../../workflows/promotions.ts';
import { PureTask, ada, olga, rita } from '../support/task-fixture.ts';

const ALL = ['task', 'agent', 'project', 'client', 'team'].map((scope) => ({ scope, text: `of ${scope}` }));

/** A task whose work was handed in with these promotions, and all the errands it has run. */
function handedIn(definition: Partial<Definition> = {}, memoryPromotions = ALL) {
  const errands: Errand[] = [];
  const task = new PureTask(definition, {
    became: (before, after, message) => errands.push(...errandsOf(before, after, message)),
  });
  task.do('claim', ada, { runId: 'run-1' }).do('mark_complete', ada, { memoryPromotions });
  return { task, errands };
}

describe('what a run promotes', () => {
  test('is remembered once its work is accepted, where it belongs and in its name', () => {
    const { task, errands } = handedIn({ project: 'soup', client: 'kitchen' });
    expect(errands).toEqual([]);
    task.do('approve', rita);
    const promoted = {
      company: 'acme',
      task: 'task-1',
      run: 'run-1',
      agent: 'ada',
      memories: [
        { scope: 'task', id: 'task-1', entries: [{ index: 0, text: 'of task' }] },
        { scope: 'agent', id: 'ada', entries: [{ index: 1, text: 'of agent' }] },
        { scope: 'project', id: 'soup', entries: [{ index: 2, text: 'of project' }] },
        { scope: 'client', id: 'kitchen', entries: [{ index: 3, text: 'of client' }] },
      ],
    };
    expect(errands).toEqual([{ do: 'remember', promoted }]);
  });

  test('is remembered at once where nobody wants to see the work', () => {
    expect(handedIn({ review: { policy: 'none' } }).errands).toMatchObject([{ do: 'remember' }]);
  });

  test('is remembered when the time limit of the review approves', () => {
    const review = { policy: 'required', timeoutSeconds: 60, onTimeout: 'approve' } as const;
    const { task, errands } = handedIn({ review });
    task.wait(60);
    expect(errands).toMatchObject([{ do: 'remember' }]);
  });

  test.each<[string, (task: PureTask) => PureTask]>([
    ['was sent back', (task) => task.do('request_changes', rita)],
    ['was cancelled', (task) => task.cancel()],
    ['waits for a decision', (task) => task.do('comment', rita)],
  ])('is not remembered where the work %s', (_what, become) => {
    const { task, errands } = handedIn();
    become(task);
    expect(errands.filter((errand) => errand.do === 'remember')).toEqual([]);
    expect(promotedBy(task.task)).toBeUndefined();
  });

  test('is remembered once, and anew what another run promotes', () => {
    const { task, errands } = handedIn({ settleSeconds: 60 });
    task.do('approve', rita).do('comment', olga).do('reopen', olga);
    task.do('claim', ada, { runId: 'run-2' }).do('mark_complete', ada, { memoryPromotions: ALL });
    task.do('approve', rita);
    expect(errands).toMatchObject([
      { do: 'remember', promoted: { run: 'run-1' } },
      { do: 'remember', promoted: { run: 'run-2' } },
    ]);
  });

  test('costs nothing where it is nothing', () => {
    const none = [[], [{ scope: 'client', text: 'x' }], [{ scope: 'agent', text: ' ' }]];
    for (const memoryPromotions of none) {
      expect(handedIn({ review: { policy: 'none' } }, memoryPromotions).errands).toEqual([]);
    }
  });

  test('is shown where there is no memory for it', () => {
    const { task } = handedIn({ project: 'soup' });
    expect(unplaced(task.task)).toEqual(['client', 'team']);
    expect(details(task.task)).toContain(
      '- **Not remembered:** the task has no client, the task has no team',
    );
    expect(unplaced(task.cancel().task)).toEqual([]);
    expect(details(handedIn({}, [{ scope: 'task', text: 'x' }]).task.task)).not.toContain('Not remembered');
  });
});
