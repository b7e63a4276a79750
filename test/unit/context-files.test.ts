/** Context files by URL: from allowed hosts only, wherever they redirect to, within limits of size and time. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatherContext } from '../../activities/run-agent/context-files.ts';
import { freePort } from '../../scripts/ports.ts';

const BYTES = 10_000;
const never = new AbortController().signal;

let server: Server;
let other: Server;
const asked: string[] = [];

const hostOf = (of: Server) => `127.0.0.1:${(of.address() as AddressInfo).port}`;
const limits = (also: object = {}) => ({
  hosts: new Set([hostOf(server)]),
  bytes: BYTES,
  milliseconds: 5_000,
  ...also,
});
const gather = (url: string, also: object = {}, signal = never) =>
  gatherContext([{ path: 'file', url }], limits(also), signal);
const failure = async (promise: Promise<unknown>) =>
  await promise.then(
    () => undefined,
    (error: Error) => error,
  );

beforeAll(async () => {
  server = createServer((req, res) => {
    asked.push(req.url ?? '');
    const to = { '/to-other': `http://${hostOf(other)}/`, '/to-same': '/good', '/to-itself': '/to-itself' }[
      req.url ?? ''
    ];
    if (to) return res.writeHead(302, { location: to }).end('moved');
    if (req.url === '/missing') return res.writeHead(404).end();
    if (req.url === '/slow') return res.write('a');
    if (req.url === '/large') return res.end(Buffer.alloc(BYTES + 1));
    if (req.url === '/broken') return res.socket?.destroy();
    return res.end(Buffer.from([0, 255, 7]));
  });
  other = createServer((_req, res) => {
    asked.push('other');
    res.end('a secret');
  });
  await Promise.all(
    [server, other].map((each) => new Promise<void>((up) => each.listen(0, '127.0.0.1', up))),
  );
});

afterAll(() => {
  for (const each of [server, other]) each.close().closeAllConnections();
});

test('a file is fetched as it is, beside those that are inline', async () => {
  const items = [
    { path: 'inline', text: 'here' },
    { path: 'nothing' },
    { path: 'both', text: 'this', url: 'http://elsewhere/' },
    { path: 'fetched', url: `http://${hostOf(server)}/to-same` },
  ];
  expect(await gatherContext(items, limits(), never)).toEqual([
    { path: 'inline', content: 'here' },
    { path: 'nothing', content: '' },
    { path: 'both', content: 'this' },
    { path: 'fetched', content: Buffer.from([0, 255, 7]) },
  ]);
});

test.each([
  ['http://127.0.0.1/x', 'add 127.0.0.1 to BATON_CONTEXT_HOSTS'],
  ['https://elsewhere.example:8443/x', 'add elsewhere.example:8443 to BATON_CONTEXT_HOSTS'],
  ['file:///etc/passwd', 'begin with https://'],
  ['http://me:secret@127.0.0.1/', 'without a password'],
  ['not a url', 'begin with https://'],
])('%s is refused before anything is fetched', async (url, told) => {
  asked.length = 0;
  const good = { path: 'good', url: `http://${hostOf(server)}/good` };
  const refused = await failure(gatherContext([good, { path: 'bad', url }], limits(), never));
  expect(refused).toMatchObject({ type: 'context_refused', message: expect.stringContaining(told) });
  expect(asked).toEqual([]);
});

test('a redirect to a host that is not allowed is refused, and not followed', async () => {
  asked.length = 0;
  expect(await failure(gather(`http://${hostOf(server)}/to-other`))).toMatchObject({
    type: 'context_refused',
    message: expect.stringContaining(`add ${hostOf(other)}`),
  });
  expect(asked).toEqual(['/to-other']);
});

test.each([
  ['/large', 'context_refused', `larger than ${BYTES} bytes`],
  ['/missing', 'context_unavailable', 'answers 404'],
  ['/to-itself', 'context_unavailable', 'redirects again and again'],
  ['/broken', 'context_unavailable', "can't be fetched"],
])('%s is %s', async (path, type, told) => {
  expect(await failure(gather(`http://${hostOf(server)}${path}`))).toMatchObject({
    type,
    message: expect.stringContaining(told),
  });
});

test('who does not answer in time, or at all, is not waited for', async () => {
  expect(await failure(gather(`http://${hostOf(server)}/slow`, { milliseconds: 100 }))).toMatchObject({
    type: 'context_unavailable',
    message: expect.stringContaining('more than 0.1 s'),
  });
  const nobody = `127.0.0.1:${await freePort()}`;
  expect(await failure(gather(`http://${nobody}/`, { hosts: new Set([nobody]) }))).toMatchObject({
    type: 'context_unavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('fetching ends when the run does, with its reason', async () => {
  const stopping = new AbortController();
  const fetching = failure(gather(`http://${hostOf(server)}/slow`, {}, stopping.signal));
  const reason = new Error('the run is over');
  setTimeout(() => stopping.abort(reason), 50);
  expect(await fetching).toBe(reason);
});
