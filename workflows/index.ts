/** The workflows that a worker hosts; each exported function is a workflow type. */
export { agent } from './agent.ts';
export { approval } from './approval.ts';
export { memory } from './memory.ts';
export { queue } from './queue.ts';
export { task } from './task.ts';
