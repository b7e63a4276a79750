/** A map that forgets its oldest entries, for what can be looked up again. */
interface Bounds<V> {
  /** How much of it is kept, by the weight of its entries. */
  atMost?: number;
  /** How much an entry counts; 1 unless told. */
  weightOf?: (value: V, key: string) => number;
}

export class Remembered<V> extends Map<string, V> {
  readonly #atMost: number;
  readonly #weightOf: (value: V, key: string) => number;
  #weight = 0;

  constructor({ atMost = 20_000, weightOf = () => 1 }: Bounds<V> = {}) {
    super();
    this.#atMost = atMost;
    this.#weightOf = weightOf;
  }

  override set(key: string, value: V): this {
    this.delete(key);
    this.#weight += this.#weightOf(value, key);
    super.set(key, value);
    while (this.#weight > this.#atMost) this.delete(this.keys().next().value!);
    return this;
  }

  override delete(key: string): boolean {
    if (this.has(key)) this.#weight -= this.#weightOf(this.get(key)!, key);
    return super.delete(key);
  }
}
