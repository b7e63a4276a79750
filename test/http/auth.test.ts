/** Who may speak at all: every token that is not wholly right is turned away before anything is read. */
import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { AUTH, tokenOf, useApi } from '../support/api-under-test.ts';

const api = useApi();

const alice = { sub: 'alice', role: 'agent' };

const withToken = (authorization: string | undefined) =>
  api.fetch('/v1/tasks', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
    body: '{"title": "never"}',
  });

const unsecured = () =>
  new UnsecuredJWT(alice).setIssuer(AUTH.issuer).setAudience(AUTH.audience).setExpirationTime('1h').encode();

async function tampered(): Promise<string> {
  const [header, payload, signature] = (await tokenOf(alice)).split('.');
  const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString());
  return [
    header,
    Buffer.from(JSON.stringify({ ...claims, role: 'operator' })).toString('base64url'),
    signature,
  ].join('.');
}

/** Signed with a key of its own that it brings along, which must not be believed. */
async function selfMade(): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return await new SignJWT(alice)
    .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(publicKey) })
    .setIssuer(AUTH.issuer)
    .setAudience(AUTH.audience)
    .setExpirationTime('1h')
    .sign(privateKey);
}

const BAD: Record<string, () => string | undefined | Promise<string | undefined>> = {
  'no token': () => undefined,
  'an empty token': () => 'Bearer ',
  'another scheme': () => 'Basic YWxpY2U6YWxpY2U=',
  'no token at all but words': () => 'Bearer let me in',
  'an expired token': async () => `Bearer ${await tokenOf(alice, { expires: '1h ago' })}`,
  'a token with another signature': async () => `Bearer ${await tokenOf(alice, { secret: 'x'.repeat(40) })}`,
  'a token changed afterwards': async () => `Bearer ${await tampered()}`,
  'a token signed with its own key': async () => `Bearer ${await selfMade()}`,
  'a token for another audience': async () => `Bearer ${await tokenOf(alice, { audience: 'other' })}`,
  'a token of another issuer': async () => `Bearer ${await tokenOf(alice, { issuer: 'other' })}`,
  'alg none': () => `Bearer ${unsecured()}`,
  'alg HS512': async () => `Bearer ${await tokenOf(alice, { alg: 'HS512', secret: AUTH.secret.repeat(2) })}`,
  'a token without a subject': async () => `Bearer ${await tokenOf({ role: 'agent' })}`,
  'a token without a role': async () => `Bearer ${await tokenOf({ sub: 'alice' })}`,
  'a token with a role of its own': async () => `Bearer ${await tokenOf({ sub: 'alice', role: 'admin' })}`,
  'a subject that is no text': async () => `Bearer ${await tokenOf({ sub: 7, role: 'agent' })}`,
  'a subject with a line break': async () => `Bearer ${await tokenOf({ ...alice, sub: 'a\nb' })}`,
  'a subject too long to record': async () => `Bearer ${await tokenOf({ ...alice, sub: '漢'.repeat(67) })}`,
  'a company in quotes, which lists would take for another': async () =>
    `Bearer ${await tokenOf({ ...alice, company: "'acme'" })}`,
  'an empty company': async () => `Bearer ${await tokenOf({ ...alice, company: '' })}`,
};

test.each(Object.entries(BAD))('%s is answered 401', async (_name, authorization) => {
  const { status, headers, body } = await withToken(await authorization());
  expect({ status, ...body }).toMatchObject({ status: 401, type: '/problems/unauthenticated' });
  expect(body.detail).toMatch(/^The .*\.$/);
  expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
});

test('a token that never expires is not accepted', async () => {
  const token = await new SignJWT(alice)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(AUTH.issuer)
    .setAudience(AUTH.audience)
    .sign(new TextEncoder().encode(AUTH.secret));
  expect((await withToken(`Bearer ${token}`)).status).toBe(401);
});

test('nobody learns without a token which paths there are', async () => {
  for (const path of ['/v1/tasks', '/v1/nothing', `/v1/tasks/${crypto.randomUUID()}`]) {
    expect((await api.fetch(path)).status, path).toBe(401);
  }
});

test('what only people may do is refused to agents by name', async () => {
  const { id } = await api.olga.create();
  for (const [path, body] of [
    [`/v1/tasks/${id}/resume`, {}],
    [`/v1/tasks/${id}/reopen`, {}],
    [`/v1/tasks/${id}/cancel`, {}],
    [`/v1/tasks/${id}/hand-off`, { blockers: 'x' }],
    [`/v1/tasks/${id}/review`, { decision: 'approve' }],
  ] as const) {
    const refused = await api.alice.post(path, body);
    expect({ path, ...refused.body }).toMatchObject({ path, status: 403, type: '/problems/forbidden' });
  }
  for (const caller of [api.alice, api.rita]) {
    expect((await caller.get('/v1/tasks/export')).body).toMatchObject({
      status: 403,
      type: '/problems/forbidden',
    });
  }
  expect((await api.olga.read(id)).version).toBe(1);
});
