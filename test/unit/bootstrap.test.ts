import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installProblem, needsInstall, nodeProblem } from '../../scripts/bootstrap.mjs';

describe("Node's version", () => {
  it.each(['20.19.0', '20.20.2', '22.1.0', '24.0.0', '100.0.0'])('%s will do', (version) => {
    expect(nodeProblem(version)).toBeUndefined();
  });

  it.each(['8.17.0', '18.20.8', '20.18.3'])('%s is refused, with the remedy', (version) => {
    const problem = nodeProblem(version);
    expect(problem).toContain(`this is ${version}`);
    expect(problem).toContain('https://nodejs.org');
  });
});

describe('dependencies', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'baton-bootstrap-'));
    writeFileSync(join(folder, 'package-lock.json'), '{}');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const install = (seconds: number) => {
    const stamp = join(folder, 'node_modules', '.package-lock.json');
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(stamp, '{}');
    utimesSync(stamp, seconds, seconds);
    utimesSync(join(folder, 'package-lock.json'), 1000, 1000);
  };

  it('are installed when there are none', () => expect(needsInstall(folder)).toBe(true));

  it('are installed when an installation broke off', () => {
    mkdirSync(join(folder, 'node_modules'));
    expect(needsInstall(folder)).toBe(true);
  });

  it('are installed again when the lock file is newer', () => {
    install(999);
    expect(needsInstall(folder)).toBe(true);
  });

  it('are left alone otherwise', () => {
    install(1001);
    expect(needsInstall(folder)).toBe(false);
  });

  it('are not installed through a link, which would empty what it points to', () => {
    expect(installProblem(folder)).toBeUndefined();
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'node_modules'));
    expect(needsInstall(folder)).toBe(true);
    expect(installProblem(folder)).toContain('node_modules is a symbolic link');
  });
});
