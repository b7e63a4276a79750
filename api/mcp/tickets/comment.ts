/** Comments on tickets. One token may serve many agents, so they may sign with a name of their own. */
import type { Principal } from '../../auth.ts';

export const commentBy = (author: string | undefined, { id }: Principal, body: string): string =>
  author === undefined || author === id ? body : `${author}: ${body}`;
