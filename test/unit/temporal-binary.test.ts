import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../scripts/settings.ts';
import { SetupError } from '../../scripts/setup-error.ts';
import { findTemporalBinary, type Getter } from '../../scripts/temporal-binary.ts';

let root: string;
let said: string[];
const say = (line: string) => void said.push(line);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'baton-binary-'));
  said = [];
});
afterEach(() => rmSync(root, { recursive: true }));

/** A program that answers `--version` as the Temporal CLI does. */
function program(file: string, says = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)'): string {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(file, 0o755);
  return file;
}

const path = () => join(root, 'bin');
const cache = () => join(root, 'cache', 'baton');
const settings = (more: NodeJS.ProcessEnv = {}) =>
  readSettings({ PATH: path(), XDG_CACHE_HOME: join(root, 'cache'), ...more });

const refuses: Getter = () => Promise.reject(new Error('not today'));
const makes: Getter = (_version, folder) => Promise.resolve(program(join(folder, 'made')));

describe('where a Temporal server comes from', () => {
  it('takes TEMPORAL_CLI_PATH before anything else', async () => {
    program(join(path(), 'temporal'));
    const chosen = program(join(root, 'chosen'));
    expect(await findTemporalBinary(settings({ TEMPORAL_CLI_PATH: chosen }), say)).toBe(chosen);
  });

  it('does not go on when TEMPORAL_CLI_PATH is wrong', async () => {
    program(join(path(), 'temporal'));
    const missing = join(root, 'missing');
    const finding = findTemporalBinary(settings({ TEMPORAL_CLI_PATH: missing }), say);
    await expect(finding).rejects.toThrow(new SetupError(`TEMPORAL_CLI_PATH: ${missing} does not exist`));
  });

  it('takes the one on PATH before the kept one', async () => {
    program(join(cache(), 'temporal-1.5.1'));
    const installed = program(join(path(), 'temporal'));
    expect(await findTemporalBinary(settings(), say)).toBe(installed);
  });

  it.each([
    ['too old', 'temporal version 1.1.0 (Server 1.25.1, UI 2.31.2)'],
    ['something else', 'temporal 0.4'],
  ])('passes over one on PATH that is %s', async (_what, says) => {
    program(join(path(), 'temporal'), says);
    const kept = program(join(cache(), 'temporal-1.5.1'));
    expect(await findTemporalBinary(settings(), say)).toBe(kept);
  });

  it('replaces a kept one that does not run', async () => {
    writeFileSync(program(join(cache(), 'temporal-1.5.1')), 'half a file');
    const found = await findTemporalBinary(settings(), say, { build: makes });
    expect(found).toBe(join(cache(), 'temporal-1.5.1'));
    expect(await findTemporalBinary(settings(), say, {})).toBe(found);
  });

  it('goes on to the next way when one fails, and says why', async () => {
    await findTemporalBinary(settings(), say, { download: refuses, build: makes });
    expect(said).toEqual(['  download: not today']);
  });

  it('keeps nothing that does not run', async () => {
    const broken: Getter = (_version, folder) => {
      writeFileSync(join(folder, 'made'), 'half a file');
      return Promise.resolve(join(folder, 'made'));
    };
    await expect(findTemporalBinary(settings(), say, { build: broken })).rejects.toThrow('does not run');
    expect(readdirSync(cache())).toEqual([]);
  });

  it('lets two get one at the same time', async () => {
    const both = [1, 2].map(() => findTemporalBinary(settings(), say, { build: makes }));
    expect(new Set(await Promise.all(both)).size).toBe(1);
    expect(readdirSync(cache())).toEqual(['temporal-1.5.1']);
  });

  it('names what it tried and the remedies when nothing works', async () => {
    const finding = findTemporalBinary(settings(), say, { download: refuses, build: refuses });
    const error = await finding.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SetupError);
    for (const part of [
      'no `temporal` on PATH',
      'download: not today',
      'build: not today',
      'TEMPORAL_CLI_PATH',
      'Go 1.25',
    ]) {
      expect((error as Error).message).toContain(part);
    }
  });
});
