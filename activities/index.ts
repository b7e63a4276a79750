/** Everything Baton does to the outside world, as one set of activities for a worker. */
import { lease } from './lease.ts';

export const createActivities = () => ({ lease });
