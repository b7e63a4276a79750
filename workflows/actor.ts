/** Who does something to a task. */
import { id } from './definition.ts';
import { object, oneOf } from './parse.ts';
import type { Infer } from './parse.ts';

export const ROLES = ['agent', 'reviewer', 'operator'] as const;

/** Who sends a message; the API takes it from the token. */
export const Actor = object({ id, role: oneOf(...ROLES) });
export type Actor = Infer<typeof Actor>;

/** Who decides when nobody did in time; on record, so that an approval by default is told from a real one. */
export const TIME_LIMIT: Actor = { id: 'time-limit', role: 'operator' };

/** In whose name the tasks of a tree tell each other what became of them. */
export const TREE: Actor = { id: 'tree', role: 'operator' };
