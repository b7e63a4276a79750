/** The environment of a launched command: what any program needs, what its launcher adds, and what its run is about. */
import type { RunAgentInput } from '../../workflows/launch.ts';

/** Agents of Paperclip and DarkDuck know the same variables under names of their own. */
const PREFIXES = ['BATON', 'PAPERCLIP', 'DARKDUCK'] as const;

export interface RunSurroundings {
  /** What the runner hands on of its own environment. */
  base: NodeJS.ProcessEnv;
  apiUrl: string;
  token: string;
  workspace: string;
}

export function environmentOf(
  { runId, taskId, agentId, company, wake }: RunAgentInput,
  { base, apiUrl, token, workspace }: RunSurroundings,
  added: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const ofRun: Record<string, string | undefined> = {
    RUN_ID: runId,
    TASK_ID: taskId,
    AGENT_ID: agentId,
    COMPANY_ID: company,
    API_URL: apiUrl,
    API_KEY: token,
    WAKE_REASON: wake.reason,
    WAKE_COMMENT_ID: wake.commentId,
    APPROVAL_ID: wake.approvalId,
    APPROVAL_STATUS: wake.approvalStatus,
    LINKED_ISSUE_IDS: wake.linkedIssueIds?.join(','),
    WORKSPACE: workspace,
  };
  // A launcher may set anything but what the run is known by; what is undefined, or empty, is not set.
  const named = PREFIXES.flatMap((prefix) =>
    Object.entries(ofRun).map(([name, value]) => [`${prefix}_${name}`, value || undefined]),
  );
  return { ...base, ...added, ...(Object.fromEntries(named) as NodeJS.ProcessEnv) };
}
