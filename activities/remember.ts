/** Has it remembered what a run promoted, once its work was accepted. */
import type { Promoted } from '../workflows/promotions.ts';
import type { Memories } from './memories.ts';

/** Whoever asks twice is served once. */
export const createRemember = ({ promote }: Pick<Memories, 'promote'>) =>
  async function remember(promoted: Promoted): Promise<void> {
    await promote(promoted);
  };
