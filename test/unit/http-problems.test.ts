import { expect, test } from 'vitest';
import { PROBLEMS, Problem } from '../../api/problems.ts';
import type { ProblemName } from '../../api/problems.ts';
import { REFUSAL_TYPES } from '../../workflows/refusals.ts';

test('the registry knows every refusal of the workflow', () => {
  expect(Object.keys(PROBLEMS)).toEqual(expect.arrayContaining([...REFUSAL_TYPES]));
});

test.each(Object.entries(PROBLEMS))(
  '%s has a name, a status, a title, facts and advice',
  (name, { status, title, about, hint }) => {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(about).toMatch(/^[A-Z].*\.$/);
    expect(hint).toMatch(/^[A-Z].*\.$/);
    expect(hint).not.toBe(about);
  },
);

test.each(Object.keys(PROBLEMS) as ProblemName[])(
  '%s tells what is wrong and what to do next, whoever throws it, and closer where that one knows',
  (name) => {
    const { about, hint } = PROBLEMS[name];
    expect(new Problem(name).toJSON()).toMatchObject({ detail: about, hint });
    const closer = { detail: 'It is so.', hint: 'Do that.' };
    expect(new Problem(name, closer).toJSON()).toMatchObject(closer);
  },
);

test('the status of a problem is the HTTP status, wherever the task of a refusal stands', () => {
  const problem = Problem.of({ type: 'run_not_active', detail: 'This run has ended.', status: 'running' });
  expect(problem.toJSON('request-1')).toEqual({
    type: '/problems/run_not_active',
    title: 'Run not active',
    status: 409,
    detail: 'This run has ended.',
    hint: PROBLEMS.run_not_active.hint,
    taskStatus: 'running',
    instance: 'request-1',
  });
});

test('what caused a problem stays out of its answer', () => {
  const problem = new Problem('internal', {}, { cause: new Error('14 UNAVAILABLE: 10.0.0.1:7233') });
  expect(JSON.stringify(problem.toJSON())).not.toMatch(/UNAVAILABLE|7233/);
});
