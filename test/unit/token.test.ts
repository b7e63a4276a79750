/** `npm run token`, run as a program: what it prints has to be good for a shell's `$(...)`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { environmentWith } from '../../scripts/settings.ts';

const BOOTSTRAP = fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url));
const SECRET = 'a secret of more than thirty-two characters';

async function token(args: string, variables: Record<string, string> = { BATON_JWT_SECRET: SECRET }) {
  const env = environmentWith({
    BATON_DATA_DIR: '/nonexistent',
    BATON_JWT_SECRET: '',
    BATON_JWKS_URL: '',
    ...variables,
  });
  const run = promisify(execFile)(process.execPath, [BOOTSTRAP, 'scripts/token.ts', ...args.split(' ')], {
    env,
  });
  return run.catch((error: unknown) => error as { stdout: string; stderr: string; code: number });
}

const read = (stdout: string) =>
  jwtVerify(stdout.trim(), new TextEncoder().encode(SECRET), { issuer: 'baton', audience: 'baton' });

describe('npm run token', () => {
  it('prints a token that says who, what and which company, good for twelve hours', async () => {
    const { stdout } = await token('--role agent --sub alice --company acme');
    const { payload, protectedHeader } = await read(stdout);
    expect(payload).toMatchObject({ role: 'agent', sub: 'alice', company: 'acme' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(12 * 3600);
    expect(protectedHeader.alg).toBe('HS256');
  });

  it('leaves the company out when none is given, and takes another time', async () => {
    const { payload } = await read((await token('--role operator --sub me --expires 30m')).stdout);
    expect(payload).not.toHaveProperty('company');
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(1800);
  });

  it.each([
    ['--role king --sub me', '--role is one of agent, reviewer, operator'],
    ['--role agent', '--sub names the bearer'],
    ['--role agent --sub me --expires soon', '--expires soon'],
    ['--rolle agent', "Unknown option '--rolle'"],
  ])('refuses %s and says why', async (args, why) => {
    expect(await token(args)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(why) as string,
    });
  });

  it('says what to do when there is no secret', async () => {
    const { stderr } = await token('--role agent --sub me', {});
    expect(stderr).toContain('Run `npm start` once, or set BATON_JWT_SECRET');
  });

  it('says where tokens come from when keys are elsewhere', async () => {
    const { stderr } = await token('--role agent --sub me', { BATON_JWKS_URL: 'https://id.example/keys' });
    expect(stderr).toContain('tokens come from your identity provider');
  });
});
