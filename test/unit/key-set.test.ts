/** Tokens checked with the key set of an identity provider, and what that provider may do wrong. */
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMintToken } from '../../activities/run-agent/run-token.ts';
import { createAuthenticate } from '../../api/auth.ts';

const SETTINGS = { issuer: 'baton', audience: 'baton' };
const alice = { sub: 'alice', role: 'agent' };
const [ours, another] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);

const signed = async (privateKey: typeof ours.privateKey, kid: string) => {
  const token = new SignJWT(alice).setProtectedHeader({ alg: 'ES256', kid });
  return await token.setIssuer('baton').setAudience('baton').setExpirationTime('1h').sign(privateKey);
};

let server: Server;
let answer: (res: ServerResponse) => void;
beforeAll(async () => {
  server = createServer((_req, res) => answer(res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

const SECRET = 'a secret of more than thirty-two characters';
const authenticate = async (token: string, secret?: string) => {
  const { port } = server.address() as AddressInfo;
  const check = createAuthenticate(
    { ...SETTINGS, jwksUrl: `http://127.0.0.1:${port}/keys`, secret },
    async () => true,
  );
  return await check(`Bearer ${token}`);
};

test('a token signed with one of its keys is let in, one signed with another key is not', async () => {
  const key = { ...(await exportJWK(ours.publicKey)), kid: 'ours' };
  answer = (res) => res.end(JSON.stringify({ keys: [key] }));
  expect(await authenticate(await signed(ours.privateKey, 'ours'))).toMatchObject({ id: 'alice' });
  for (const kid of ['ours', 'unknown']) {
    const refused = authenticate(await signed(another.privateKey, kid));
    await expect(refused).rejects.toMatchObject({ type: 'unauthenticated' });
  }
});

describe('beside a key set, the secret', () => {
  const run = { agentId: 'alice', company: 'acme', runId: 'run-1', lease: 'task-1' };
  const mint = createMintToken({ ...SETTINGS, secret: SECRET, seconds: 60 });

  test('is for programs that a runner launched', async () => {
    const launched = { id: 'run-1', lease: 'task-1' };
    expect(await authenticate(await mint(run), SECRET)).toMatchObject({ id: 'alice', launched });
    await expect(authenticate(await mint(run))).rejects.toMatchObject({ type: 'unauthenticated' });
  });

  test('is good for nobody else, and changes nothing for them', async () => {
    const token = new SignJWT(alice).setProtectedHeader({ alg: 'HS256' });
    token.setIssuer('baton').setAudience('baton').setExpirationTime('1h');
    const forged = authenticate(await token.sign(new TextEncoder().encode(SECRET)), SECRET);
    await expect(forged).rejects.toMatchObject({ type: 'unauthenticated' });
    const key = { ...(await exportJWK(ours.publicKey)), kid: 'ours' };
    answer = (res) => res.end(JSON.stringify({ keys: [key] }));
    expect(await authenticate(await signed(ours.privateKey, 'ours'), SECRET)).toMatchObject({ id: 'alice' });
    await expect(authenticate('a.b.c', SECRET)).rejects.toMatchObject({ type: 'unauthenticated' });
  });
});

test.each<[string, typeof answer]>([
  ['hangs up', (res) => res.destroy()],
  ['is out of order', (res) => res.writeHead(500).end()],
  ['answers something else', (res) => res.end('<html>')],
  ['has no key set', (res) => res.end('{}')],
])('a provider that %s is not the fault of the token', async (_what, does) => {
  answer = does;
  const refused = authenticate(await signed(ours.privateKey, 'ours'));
  await expect(refused).rejects.toMatchObject({
    type: 'keys_unavailable',
    status: 503,
    details: { retryable: true, retryAfterSeconds: 2 },
  });
});
