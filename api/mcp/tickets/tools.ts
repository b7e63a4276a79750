import type { RouteDeps } from '../../routes/deps.ts';
import type { Tool } from '../tool.ts';
export const ticketTools = (_deps: RouteDeps): Tool[] => [];
