/** What the recorded paths share. */
import { SetupError } from '../../scripts/setup-error.ts';
import type { RealTask } from '../support/real-task.ts';
import { olga } from '../support/task-fixture.ts';
import type { TestWorker } from '../support/test-worker.ts';

/** What happens, by the name of its file; each answers the task whose history is to be kept, which has ended. */
export type Paths = Record<string, (baton: TestWorker) => Promise<RealTask>>;

/** Makes the task continue as new, on a server that suggests to do so early. */
export async function renew(task: RealTask): Promise<void> {
  const { length } = await task.histories();
  for (let i = 0; (await task.histories()).length === length; i += 1) {
    if (i === 20) throw new SetupError('This server does not suggest to continue as new early; see record.ts.');
    await task.do('edit', olga, { edit: { description: String(i % 10).repeat(5_000) } });
  }
}
