/**
 * A manager: splits its task up among its reports, goes home, and is woken when all of them are done; then it hands in
 * what they made. Its task is a sequence: each part begins when the one before it is done.
 */
import { delegate, handIn, report, resultsOf, task } from './baton.mjs';

const { files, writers, checker } = task.payload;

if (task.children.length === 0) {
  await report(
    `${files.length} files to summarise, by ${writers.length} writers; then one assembles, one checks.`,
  );
  await delegate({
    title: 'Summarise each file',
    mode: 'parallel',
    autoComplete: true,
    review: { policy: 'none' },
    order: 1,
    children: files.map((file, i) => ({
      title: `Summarise ${file}`,
      assignee: writers[i % writers.length],
      payload: { ...task.payload, file },
      review: { policy: 'none' },
    })),
  });
  await delegate({ title: 'Assemble the overview', assignee: writers[0], payload: task.payload, order: 2 });
  await delegate({
    title: 'Check the overview',
    assignee: checker,
    payload: task.payload,
    review: { policy: 'none' },
    order: 3,
  });
  console.log('delegated; I go on when I am woken');
} else {
  const [, assembled, checked] = await resultsOf(task.id);
  await handIn(
    { overview: assembled.submission.output.overview, check: checked.submission.output },
    `${files.length} files were summarised, assembled and checked.`,
    [{ scope: 'project', text: `The overview has ${files.length} files.` }],
  );
  console.log('handed in');
}
