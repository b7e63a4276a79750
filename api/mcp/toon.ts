/**
 * Writes TOON/1, the short notation in which tickets are answered: `TOON/1 T{id:x,t:"Fix it",s:ip}`. Words stand as they
 * are, texts in quotes as in JSON, what is absent is left out. (Not the format of the same name that encodes JSON.)
 */

/** Something of a closed vocabulary, a name, a time: without quotes where nobody could misread it. */
export class Word {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Fields under the name of what they make up; a nameless one is a plain object. */
export class Shape {
  readonly name: string;
  readonly fields: Record<string, Value | undefined>;
  constructor(name: string, fields: Record<string, Value | undefined>) {
    this.name = name;
    this.fields = fields;
  }
}

export type Value = string | number | boolean | Word | Shape | readonly Value[];

export const word = (text: string): Word => new Word(text);
export const shape = (name: string, fields: Record<string, Value | undefined>): Shape =>
  new Shape(name, fields);

/** A whole answer. */
export const toon = (value: Value): string => `TOON/1 ${written(value)}`;

const PLAIN = /^[A-Za-z0-9_][\w.:@+/-]*$/;
/** What a reader might take for a number or a truth value. */
const AMBIGUOUS = /^(?:[\d.]+(?:[eE][+-]?\d+)?|true|false|null)$/;

function written(value: Value): string {
  if (value instanceof Word)
    return PLAIN.test(value.text) && !AMBIGUOUS.test(value.text) ? value.text : JSON.stringify(value.text);
  if (value instanceof Shape) {
    const fields = Object.entries(value.fields).flatMap(([key, each]) =>
      each === undefined ? [] : [`${key}:${written(each)}`],
    );
    return `${value.name}{${fields.join(',')}}`;
  }
  if (typeof value === 'object') return `[${value.map(written).join(',')}]`;
  return JSON.stringify(value);
}
