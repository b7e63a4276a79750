/** The workflows that a worker hosts; each exported function is a workflow type. */
export { queue } from './queue.ts';
export { task } from './task.ts';
