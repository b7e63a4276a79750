/** All services over one connection to Temporal. */
import { createClaim } from './claims.ts';
import { createCalls } from './calls.ts';
import type { CallDeps } from './calls.ts';
import { createCreation } from './creation.ts';
import { createEngine } from './engine.ts';
import { createFamily } from './family.ts';
import { createFence } from './fence.ts';
import { createEventReader } from './history.ts';
import { createKnownTasks } from './known-tasks.ts';
import { createLeases } from './leases.ts';
import { createListing } from './listing.ts';
import { createMessenger, createReceived } from './messages.ts';
import { createReader } from './reading.ts';
import { createReview } from './reviews.ts';
import { createRunService } from './runs.ts';
import { createAwaitStarted } from './started.ts';
import { createTakeUp } from './take-up.ts';
import { createTaskService } from './tasks.ts';
import { createReadView } from './views.ts';

export type Services = ReturnType<typeof createServices>;

interface Deps extends CallDeps {
  /** The task queue that Baton's own worker serves. */
  taskQueue: string;
}

export function createServices({ taskQueue, ...deps }: Deps) {
  const calls = createCalls(deps);
  const engine = createEngine(calls, taskQueue);
  const known = createKnownTasks(engine);
  const readView = createReadView(engine);
  const leases = createLeases(engine);
  const reader = createReader(engine, known, readView);
  const messenger = createMessenger(engine, readView, reader.closed);
  const { takeUp } = createTakeUp({ known, leases, messenger });
  const listing = createListing(engine);
  const family = createFamily({ engine, listing, reader });
  const tasks = createTaskService({ engine, known, reader, messenger });
  const awaitStarted = createAwaitStarted(engine, deps.timeoutMs);
  const fence = createFence({ engine, known, leases, reader });
  return {
    health: engine.health,
    tasks,
    creation: createCreation({ engine, known, reader, awaitStarted }),
    claim: createClaim({ engine, known, reader, family, takeUp }),
    review: createReview({ family, reader, tasks }),
    runs: createRunService({ known, fence, leases, reader, messenger }),
    listing,
    family,
    events: createEventReader(known, reader),
    received: createReceived(known, readView, reader.closed),
  };
}
