/** All services over one connection to Temporal. */
import { createAgents } from './agents.ts';
import { createApprovals } from './approvals.ts';
import { createCircumstances } from './circumstances.ts';
import { createClaim } from './claims.ts';
import { createCalls } from './calls.ts';
import type { CallDeps } from './calls.ts';
import { createCounts } from './counts.ts';
import { createCreation } from './creation.ts';
import { createTake } from './dequeue.ts';
import { createEngine } from './engine.ts';
import { createFamily } from './family.ts';
import { createFence } from './fence.ts';
import { createEventReader } from './history.ts';
import { createHolds } from './holds.ts';
import { createKnownTasks } from './known-tasks.ts';
import { createIsLaunched } from './launched-runs.ts';
import { createLeases } from './leases.ts';
import { LastSeen, createBySight } from './last-seen.ts';
import { createListing } from './listing.ts';
import { createQueueManagement } from './manage-queues.ts';
import { createMemories } from './memories.ts';
import { createMentions } from './mentions.ts';
import { createMessenger, createReceived } from './messages.ts';
import { createNext } from './next.ts';
import { createOffers } from './offers.ts';
import { createOutputSchemas } from './output-schemas.ts';
import { createPlacing } from './placing.ts';
import { createPrioritised } from './prioritised.ts';
import { createQueues } from './queues.ts';
import { createReader } from './reading.ts';
import { createRepeats } from './repeats.ts';
import { createReview } from './reviews.ts';
import { createRunLog } from './run-log.ts';
import { createRunService } from './runs.ts';
import { createSpending } from './spending.ts';
import { createAwaitStarted } from './started.ts';
import { createTakeUp } from './take-up.ts';
import { createTaskService } from './tasks.ts';
import { createReadView } from './views.ts';
import { createWakes } from './wakes.ts';

export type Services = ReturnType<typeof createServices>;

interface Deps extends CallDeps {
  /** The task queue that Baton's own worker serves. */
  taskQueue: string;
  /** Aborted when the process is on its way out: then nobody waits for work any longer. */
  closing: AbortSignal;
}

export function createServices({ taskQueue, closing, ...deps }: Deps) {
  const calls = createCalls(deps);
  const engine = createEngine(calls, taskQueue);
  const known = createKnownTasks(engine);
  const lastSeen = new LastSeen();
  const readView = createReadView(engine, lastSeen);
  const leases = createLeases(engine);
  const reader = createReader(engine, known, readView);
  const agents = createAgents(engine);
  const mentions = createMentions(agents);
  const messenger = createMessenger({ engine, readView, readClosed: reader.closed, mentions });
  const { timeoutMs } = deps;
  const takeUp = createTakeUp({ known, leases, messenger });
  const listing = createListing(engine);
  const family = createFamily({ engine, listing, reader });
  const queues = createQueues(engine);
  const { queueNamed, place } = createPlacing(queues);
  const tasks = createTaskService({ engine, known, leases, reader, messenger, queueNamed });
  const awaitStarted = createAwaitStarted(engine, timeoutMs);
  const offers = createOffers(calls);
  const { once, tried } = createRepeats({ engine, reader, takeUp: takeUp.takeUp, timeoutMs });
  const take = createTake({ engine, offers, known, reader, takeUp, tried, timeoutMs, closing });
  const outputSchemas = createOutputSchemas();
  const fence = createFence({ engine, known, leases, reader });
  const runs = createRunService({ known, agents, fence, leases, reader, messenger, outputSchemas });
  return {
    health: engine.health,
    tasks,
    creation: createCreation({ engine, known, lastSeen, reader, outputSchemas, awaitStarted, place }),
    claim: createClaim({ engine, known, reader, family, leases, mentions, takeUp: takeUp.takeUp }),
    review: createReview({ family, reader, tasks, awaitStarted }),
    runs,
    runLog: createRunLog(known, reader),
    isLaunched: createIsLaunched(engine, reader),
    bySight: createBySight(lastSeen, reader),
    holds: createHolds({ known, reader, runs, messenger, takeUp: takeUp.takeUp, outputSchemas }),
    queues: createQueueManagement({ engine, queues, counts: createCounts(engine), offers }),
    next: createNext({ queues, offers, take, once, closing }),
    listing,
    prioritised: createPrioritised(listing),
    agents,
    wakes: createWakes({ engine, known, agents, closing }),
    spending: createSpending({ listing, reader }),
    approvals: createApprovals({ engine, known, agents }),
    memories: createMemories({ engine, known, reader, agents }),
    family,
    circumstances: createCircumstances({ engine, known, reader, family, queues, offers, agents }),
    events: createEventReader(known, reader),
    received: createReceived(reader),
  };
}
