/** Does this with each item, so many side by side; answers what came of it, in the order of the items. */
export async function abreast<T, R>(
  atOnce: number,
  items: readonly T[],
  fn: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += atOnce) {
    results.push(...(await Promise.all(items.slice(i, i + atOnce).map(fn))));
  }
  return results;
}
