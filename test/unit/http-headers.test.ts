/** What browsers are told: to be careful always, and to use https only where it is served. */
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createApp } from '../../api/create-app.ts';
import { createLogger } from '../../api/logger.ts';
import type { Services } from '../../api/services/index.ts';

async function docsOf(publicUrl: string | undefined) {
  const app = createApp({
    services: {} as Services,
    authenticate: () => Promise.reject(new Error('nobody asks')),
    logger: createLogger('api', 'silent'),
    temporalUiUrl: '',
    namespace: '',
    publicUrl,
    rateLimitPerMinute: 1,
    version: '',
    isShuttingDown: () => false,
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/docs`);
  const page = await response.text();
  server.close();
  return { port, page, headers: response.headers };
}

test.each([undefined, 'http://baton.lan:3000'])(
  'over plain HTTP (public URL %s) links stay links to plain HTTP',
  async (publicUrl) => {
    const { port, page, headers } = await docsOf(publicUrl);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    expect(headers.has('strict-transport-security')).toBe(false);
    expect(page).toContain(`curl -s ${publicUrl ?? `http://127.0.0.1:${port}`}/v1/tasks`);
  },
);

test('behind https, browsers are told to use nothing else', async () => {
  const { page, headers } = await docsOf('https://baton.example');
  expect(headers.get('content-security-policy')).toContain('upgrade-insecure-requests');
  expect(headers.get('strict-transport-security')).toMatch(/max-age=/);
  expect(page).toContain('curl -s https://baton.example/v1/tasks');
});
