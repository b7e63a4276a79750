/** What a run shows of itself while it is on: the details of each heartbeat. */
export interface RunPulse {
  agent: string;
  /** With the agent, the terms that callers of the run are held to. */
  leaseSeconds: number;
  launched: true;
  /** The last of its output, without its token. */
  tail: string;
  /** The process id of the launched command; null until it is launched. */
  pid: number | null;
}
