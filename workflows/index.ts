/** The workflows that a worker hosts; each exported function is a workflow type. */
export { task } from './task.ts';
