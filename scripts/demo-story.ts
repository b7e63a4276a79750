/** Tells what happened to a task, from its events, as a person would. */

type Fetch = (method: string, path: string, body?: object) => Promise<any>;

interface Event {
  at: string;
  type: string;
  by?: { id: string };
  outcome: unknown;
  status: string;
  data?: Record<string, any>;
}

const TELL: Record<string, (event: Event) => string> = {
  created: ({ by }) => `${by?.id} created the task`,
  claim: ({ by }) => `${by?.id} claimed it`,
  report_progress: ({ by, data }) => `${by?.id} reported ${data?.['percent']} %`,
  crashed: () => 'the lease lapsed: its agent had crashed',
  mark_complete: ({ by }) => `${by?.id} handed in the work`,
  approve: ({ by, data }) => `${by?.id} approved: ${data?.['comment']}`,
};

/** Prints the story of task `id`, its result, and where to look further. */
export async function tellStory(apiUrl: string, call: Fetch, id: string): Promise<void> {
  const { items } = (await call('GET', `/v1/tasks/${id}/events?limit=100`)) as { items: Event[] };
  const task = await call('GET', `/v1/tasks/${id}`);
  const began = Date.parse(items[0]?.at ?? '');
  console.log('\nThe story, as Temporal recorded it:\n');
  for (const event of items) {
    const seconds = ((Date.parse(event.at) - began) / 1000).toFixed(1).padStart(6);
    const told = TELL[event.type]?.(event) ?? event.type;
    console.log(`  ${seconds} s  ${told.padEnd(58)} ${event.status}`);
  }
  console.log('\nThe report that was accepted:\n');
  for (const [folder, { files, lines }] of Object.entries<any>(task.submission.output.folders)) {
    console.log(
      `  ${folder.padEnd(12)} ${String(files).padStart(4)} files ${String(lines).padStart(6)} lines`,
    );
  }
  console.log(`\n${task.standing} It took ${task.endedRuns.length} runs, of which ${task.attempts} crashed.`);
  console.log(`\nTemporal UI  ${task.links.temporalUi}\nThe API      ${apiUrl}${task.links.events}\n`);
}
