/** The foreign protocols that Baton speaks, and where each is found. */
import type { Router } from 'express';
import type { DialectDeps } from './dialect.ts';

export interface Mounted {
  at: string;
  router: Router;
}

export const dialects = (_deps: DialectDeps): Mounted[] => [];
