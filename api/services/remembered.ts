/** A map that forgets its oldest entries, for what can be looked up again. */
const KEPT = 20_000;

export class Remembered<V> extends Map<string, V> {
  override set(key: string, value: V): this {
    if (this.size >= KEPT && !this.has(key)) this.delete(this.keys().next().value!);
    return super.set(key, value);
  }
}
