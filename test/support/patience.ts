/** Waiting for what a slow machine may take long to do. */

const PAUSE_MS = 20;
const PATIENCE_MS = 45_000;

/** Looks again and again until there is something to see, and answers that. Throws when it loses patience. */
export async function patiently<T>(
  look: () => Promise<T | undefined | false | null>,
  complaint: string | (() => string),
): Promise<T> {
  const patience = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > patience) throw new Error(typeof complaint === 'string' ? complaint : complaint());
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
