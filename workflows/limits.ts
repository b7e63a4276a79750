/** How large things may be. The API's schemas and the workflow's parsers share these; bytes are UTF-8. */

const KB = 1024;

export const LIMITS = {
  /** Ids and names of agents, projects, labels and the like; SQL visibility stores up to 255 characters. */
  idBytes: 200,
  labels: 20,
  labelBytes: 60,
  /** All labels of a task, as JSON. */
  labelsBytes: 2_000,
  /** Temporal shows at most 400 bytes of a summary. */
  titleBytes: 400,
  descriptionBytes: 256 * KB,
  payloadBytes: 256 * KB,
  outputBytes: 256 * KB,
  outputSchemaBytes: 64 * KB,
  contextItems: 50,
  contextBytes: 256 * KB,
  commentBytes: 16 * KB,
  reasoningBytes: 16 * KB,
  noteBytes: 4 * KB,
  /** The last output of a launched program. */
  tailBytes: 64 * KB,
  /** Comments kept in the state; older ones are read from history. */
  comments: 200,
  /** Ended runs kept in the state; older ones are read from history. */
  endedRuns: 20,
  /** Messages whose outcome is remembered, for replays. */
  rememberedMessages: 200,
  reviewers: 20,
  links: 50,
  /** Agents that one comment may call. */
  mentions: 20,
  /** Wakes that wait for an agent, each for another task or approval. */
  wakes: 100,
  /** Tasks among which a run that is about none in particular may choose at a time. */
  choice: 20,
  /** Tasks of which an agent remembers that it gave them back. */
  givenBack: 100,
  /** Tasks of which an agent remembers what it spent on them. */
  tasksSpentOn: 50,
  approvalPayloadBytes: 64 * KB,
  /** Approvals for which one task may wait. */
  approvals: 50,
  /** Decisions that an approval keeps. */
  decisions: 50,
  /** What one run may promote to memory. */
  promotions: 20,
  /** All texts of a memory: as much as an agent can be expected to read before it begins, and a memo can hold. */
  memoryBytes: 64 * KB,
  memoryEntries: 400,
  /** Of what a memory had no room for, it notes the latest. */
  leftOut: 20,
  /** The levels of a tree of tasks, its root being the first. */
  treeDepth: 10,
  /** The tasks of a tree that is created in one call, its root included; and the sub-tasks of one task. */
  treeNodes: 200,
  /** How deep JSON may be nested: what is much deeper could be read, but not written again. */
  jsonLevels: 100,
  /** The whole state, serialised. Temporal ends a workflow that carries over more than twice this. */
  stateBytes: 1024 * KB,
  /** What comments and edits must leave free, so that a run can hand in its work or say why it failed. */
  reservedBytes: 448 * KB,
  /** What work that is handed in must leave free, so that a reviewer can say what is wrong with it. */
  verdictBytes: 64 * KB,
} as const;

/** How long a worker may take to pick up the lease of a new run; past that, the claim has failed. */
export const PICK_UP_SECONDS = 10;
/** An activity of which a worker that lives tells so, is begun again elsewhere after so much silence. */
export const BEATS_WITHIN = '10s';

export const DEFAULTS = {
  priority: 3,
  leaseSeconds: 60,
  /** Of an agent whose protocol has no heartbeats. */
  patientLeaseSeconds: 3_600,
  progressTimeoutSeconds: 600,
  maxAttempts: 3,
  quorum: 1,
  settleSeconds: 0,
  /** How long a running agent has to wind down once its task is cancelled. */
  cancelGraceSeconds: 30,
  /** Of an agent that Baton launches. */
  runsAtOnce: 1,
  /** So many runs in a row may come to nothing before an agent is launched no more. */
  runsWithoutProgress: 5,
  /** And so many may hold no task, and answer other agents alone. */
  runsAmongAgents: 20,
  runner: 'local',
} as const;

export const RANGES = {
  priority: [1, 5],
  leaseSeconds: [5, 86_400],
  /** 0 turns the watch for missing checkpoints off. */
  progressTimeoutSeconds: [0, 30 * 86_400],
  maxAttempts: [1, 100],
  reviewTimeoutSeconds: [1, 365 * 86_400],
  settleSeconds: [0, 30 * 86_400],
  cancelGraceSeconds: [0, 3_600],
  order: [0, 1_000_000],
  runsAtOnce: [1, 50],
  /** How often an agent is woken by the clock. */
  heartbeatSeconds: [5, 30 * 86_400],
  runsWithoutProgress: [1, 100],
  runsAmongAgents: [1, 10_000],
  usd: [0, 1e9],
  tokens: [0, 1e15],
  wallSeconds: [0, 1e10],
} as const satisfies Record<string, readonly [number, number]>;
