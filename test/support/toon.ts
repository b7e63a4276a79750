/** Reads TOON/1 as a client of tickets would. A shape becomes an object; its name, where it has one, is its `is`. */
import type { Json } from './caller.ts';

export function readToon(text: string): Json {
  if (!text.startsWith('TOON/1 ')) throw new Error(`It is no TOON/1: ${text}`);
  const reader = new Reader(text.slice('TOON/1 '.length));
  const value = reader.value();
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  value(): Json {
    const quoted = this.#take(/"(?:[^"\\]|\\.)*"/y);
    if (quoted !== undefined) return JSON.parse(quoted);
    if (this.#take(/\[/y) !== undefined) return this.#list();
    const name = this.#take(/[A-Z]*\{/y);
    if (name !== undefined) return this.#shape(name.slice(0, -1));
    const bare = this.#take(/[^,\]}{["]+/y);
    if (bare === undefined) throw new Error(`Nothing can be read from here: ${this.#text.slice(this.#at)}`);
    if (/^(?:-?[\d.]+(?:[eE][+-]?\d+)?|true|false|null)$/.test(bare)) return JSON.parse(bare);
    return bare;
  }

  end(): void {
    if (this.#at < this.#text.length) throw new Error(`More follows: ${this.#text.slice(this.#at)}`);
  }

  #list(): Json[] {
    const items: Json[] = [];
    while (this.#take(/\]/y) === undefined) {
      if (items.length > 0) this.#must(/,/y);
      items.push(this.value());
    }
    return items;
  }

  #shape(name: string): Json {
    const fields: Json = name ? { is: name } : {};
    for (let first = true; this.#take(/\}/y) === undefined; first = false) {
      if (!first) this.#must(/,/y);
      fields[this.#must(/[a-z]+:/y).slice(0, -1)] = this.value();
    }
    return fields;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #must(pattern: RegExp): string {
    const found = this.#take(pattern);
    if (found === undefined) throw new Error(`No ${String(pattern)} here: ${this.#text.slice(this.#at)}`);
    return found;
  }
}
