/** Waiting for what a slow machine may take long to do. */

const FIRST_PAUSE_MS = 20;
/** What comes late is looked for less often: to look is work too, most of all for a worker that keeps nothing. */
const LONGEST_PAUSE_MS = 150;
const PATIENCE_MS = 45_000;

/** Looks again and again until there is something to see, and answers that. Throws when it loses patience. */
export async function patiently<T>(
  look: () => Promise<T | undefined | false | null>,
  complaint: string | (() => string),
): Promise<T> {
  const patience = Date.now() + PATIENCE_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.3, LONGEST_PAUSE_MS)) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > patience) throw new Error(typeof complaint === 'string' ? complaint : complaint());
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
