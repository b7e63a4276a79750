/** Finds things out once for all who want to know the same within a moment. */
import { Remembered } from './remembered.ts';

interface Finding<T> {
  at: number;
  isOver: boolean;
  value: Promise<T>;
}

export class Shared<T> {
  readonly #keptMs: number;
  readonly #findings: Remembered<Finding<T>>;

  /** An answer is good for `keptMs` from when it was asked for, and as long as it is among the last `atMost`. */
  constructor(keptMs: number, atMost?: number) {
    this.#keptMs = keptMs;
    this.#findings = new Remembered(atMost === undefined ? {} : { atMost });
  }

  /** What was found out under this name a moment ago, or is being found out, or is now. A failure is not kept. */
  async get(name: string, findOut: () => Promise<T>): Promise<T> {
    const last = this.#findings.get(name);
    if (last && (!last.isOver || Date.now() - last.at < this.#keptMs)) return await last.value;
    const finding = { at: Date.now(), isOver: false, value: findOut() };
    this.#findings.set(name, finding);
    finding.value.then(
      () => (finding.isOver = true),
      () => this.#findings.get(name) === finding && this.#findings.delete(name),
    );
    return await finding.value;
  }

  /** What was found out under this name last, if that is no longer ago than this. Costs nothing, and may be out of date. */
  async last(name: string, withinMs: number): Promise<T | undefined> {
    const last = this.#findings.get(name);
    return last && Date.now() - last.at < withinMs ? await last.value : undefined;
  }

  /** Finds it out anew next time. */
  forget(name: string): void {
    this.#findings.delete(name);
  }
}
