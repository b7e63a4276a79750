/** Which paths from input may name a file of a workspace: those that can't lead out of it, on any system. */

const SEGMENT_BYTES = 255;
const PATH_BYTES = 1_000;

/** Whether it is one or more plain names, separated by `/`. */
export const isSafePath = (path: string): boolean =>
  Buffer.byteLength(path) <= PATH_BYTES && path.split('/').every(isSafeName);

/** Whether it names a file or folder right here. */
export const isSafeName = (name: string): boolean =>
  name !== '' &&
  name !== '.' &&
  name !== '..' &&
  Buffer.byteLength(name) <= SEGMENT_BYTES &&
  // No control characters, and no half of a surrogate pair: no file has such a name.
  !/[/\\\p{Cc}\p{Cs}]/u.test(name);
