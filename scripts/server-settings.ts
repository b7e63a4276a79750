/**
 * The Temporal server's dynamic configuration that Baton wants, embedded and on a cluster alike (a test holds the
 * compose file against this list). Without it Baton works, slower.
 */
export const SERVER_SETTINGS = {
  // Queues hand out by priority, and strictly so only within one partition.
  'matching.useNewMatcher': true,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  // By default 5 s: who looks for the queue with the most urgent task would see what waited that long ago.
  'matching.TaskQueueInfoByBuildIdTTL': '100ms',
  // By default 1: every confirmation of a signal by a query would stall for seconds.
  'history.MaxBufferedQueryCount': 1000,
  // By default 10: a herd of claims on one task would back off for seconds.
  'history.maxInFlightUpdates': 200,
  'system.enableActivityEagerExecution': true,
  // By default 10 lists a second for the whole namespace.
  'frontend.namespaceRPS.visibility': 100,
} as const;
