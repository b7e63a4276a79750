/** Who does something to a task. */
import { id } from './definition.ts';
import { object, oneOf } from './parse.ts';
import type { Infer } from './parse.ts';

export const ROLES = ['agent', 'reviewer', 'operator'] as const;

/** Who sends a message; the API takes it from the token. */
export const Actor = object({ id, role: oneOf(...ROLES) });
export type Actor = Infer<typeof Actor>;

/** The tenant of tokens that name none. */
export const DEFAULT_COMPANY = 'default';

/** Who decides when nobody did in time; on record, so that an approval by default is told from a real one. */
export const TIME_LIMIT: Actor = { id: 'baton:time-limit', role: 'operator' };

/** In whose name the tasks of a tree tell each other what became of them, and a container hands in. */
export const TREE: Actor = { id: 'baton:tree', role: 'operator' };

/** In whose name an agent is paused whose runs come to nothing. */
export const LOOP_BREAKER: Actor = { id: 'baton:loop-breaker', role: 'operator' };

/** In whose name tasks are handed to people whose agent can not be launched. */
export const RUNNER: Actor = { id: 'baton:runner', role: 'operator' };

/** Names that stand for Baton itself; nobody else may have one. */
export const isReservedName = (name: string): boolean => name.startsWith('baton:');
