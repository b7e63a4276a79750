/** A ticket with what is below it, read one by one: who waits for a step wants to know how it is now. */
import { inOrder } from '../../../workflows/tree.ts';
import type { Task } from '../../../workflows/task-record.ts';
import { abreast } from '../../services/abreast.ts';
import type { Services } from '../../services/index.ts';
import type { Asking } from '../tool.ts';

/** So many are shown at most, and so many read at a time. */
const MOST_SHOWN = 200;
const ABREAST = 8;

export interface Branch {
  task: Task;
  below: Branch[];
}

export function createReadTree({ tasks }: Services) {
  /** The ticket and `depth` levels below it. */
  return async function readTree(taskId: string, depth: number, { call }: Asking): Promise<Branch> {
    const read = (id: string) => tasks.read(call.principal, id);
    const root: Branch = { task: await read(taskId), below: [] };
    let room = MOST_SHOWN;
    let level = [root];
    for (let left = depth; left > 0 && level.length > 0; left -= 1) {
      const wanted = level
        .flatMap((branch) => inOrder(branch.task.children).map(({ id }) => ({ branch, id })))
        .slice(0, room);
      room -= wanted.length;
      level = await abreast(ABREAST, wanted, async ({ id }): Promise<Branch> => ({
        task: await read(id),
        below: [],
      }));
      for (const [i, below] of level.entries()) wanted[i]!.branch.below.push(below);
    }
    return root;
  };
}

/** All that is below, each ticket before what is below it. */
export const flat = ({ below }: Branch): Task[] => below.flatMap((branch) => [branch.task, ...flat(branch)]);
