/** All services over one connection to Temporal. */
import { createClaim } from './claims.ts';
import { createEngine } from './engine.ts';
import type { EngineDeps } from './engine.ts';
import { createFamily } from './family.ts';
import { createFence } from './fence.ts';
import { createEventReader } from './history.ts';
import { createKnownTasks } from './known-tasks.ts';
import { createLeases } from './leases.ts';
import { createListing } from './listing.ts';
import { createMessenger, createReceived } from './messages.ts';
import { createReader } from './reading.ts';
import { createRunService } from './runs.ts';
import { createTaskService } from './tasks.ts';
import { createReadView } from './views.ts';

export type Services = ReturnType<typeof createServices>;

export function createServices(deps: EngineDeps) {
  const engine = createEngine(deps);
  const known = createKnownTasks(engine);
  const readView = createReadView(engine);
  const leases = createLeases(engine);
  const reader = createReader(engine, known, readView);
  const messenger = createMessenger(engine, readView, reader.closed);
  const listing = createListing(engine);
  const fence = createFence({ engine, known, leases, reader });
  return {
    health: engine.health,
    tasks: createTaskService({ engine, known, reader, messenger }),
    claim: createClaim({ engine, known, leases, reader, messenger }),
    runs: createRunService({ known, fence, leases, reader, messenger }),
    listing,
    family: createFamily({ engine, listing, reader }),
    events: createEventReader(known, reader),
    received: createReceived(known, readView, reader.closed),
  };
}
