/** Holds docker-compose.yml to the Compose specification, and to what the rest of the repository says. */
import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../api/config.ts';
import { SERVER_SETTINGS } from '../../scripts/server-settings.ts';

interface Service {
  image: string;
  build?: string;
  command?: string[];
  ports?: string[];
  environment?: Record<string, string | number | null>;
  healthcheck?: { test: string[] };
  restart?: string;
  depends_on?: Record<string, { condition: string }>;
}
interface ComposeFile {
  services: Record<string, Service>;
  'x-versions': Record<string, string>;
}

const at = (path: string) => new URL(`../../${path}`, import.meta.url);
const read = (path: string) => readFileSync(at(path), 'utf8');

const text = read('docker-compose.yml');
const compose = parse(text, { merge: true }) as ComposeFile;
const versions = compose['x-versions'];
const services = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.build);

/** Services that others wait for to end; all the rest run on. */
const oneShots = new Set(
  services.flatMap(([, { depends_on = {} }]) =>
    Object.keys(depends_on).filter(
      (name) => depends_on[name]?.condition === 'service_completed_successfully',
    ),
  ),
);

/** The environment that Compose would give a service when `given` stands in .env. */
function environmentOf(service: Service, given: Record<string, string>): Record<string, string> {
  const fill = (value: string) =>
    value.replace(
      /\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g,
      (_, name: string, otherwise = '') => given[name] ?? otherwise,
    );
  const entries = Object.entries(service.environment ?? {}).map(([name, value]) => [
    name,
    value === null ? (given[name] ?? '') : fill(String(value)),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

describe('the Compose specification', () => {
  const isCompose = new Ajv2020({ strict: false }).compile(
    JSON.parse(read('test/data/compose-spec/compose-spec.json')) as object,
  );

  it('accepts the file', () => {
    isCompose(compose);
    expect(isCompose.errors).toBeNull();
  });

  it('would notice a misspelt key', () => {
    expect(isCompose({ services: { api: { image: 'baton', heathcheck: {} } } })).toBe(false);
  });
});

describe('services', () => {
  it('publish the API and the Temporal UI on loopback, and nothing else', () => {
    const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`));
    expect(published).toEqual(['temporal-ui 127.0.0.1:8233:8080', 'api 127.0.0.1:3000:3000']);
  });

  it('that run on have a health check and come back after a crash', () => {
    const running = services.filter(([name]) => !oneShots.has(name));
    expect(running.map(([name]) => name)).toEqual([
      'postgres',
      'temporal',
      'temporal-ui',
      'worker',
      'runner',
      'api',
    ]);
    for (const [name, service] of running) {
      expect(service.healthcheck?.test, name).toBeDefined();
      expect(service.restart, name).toBe('unless-stopped');
    }
  });

  it('wait until what they depend on is healthy, or done', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [dependency, { condition }] of Object.entries(depends_on)) {
        const expected = oneShots.has(dependency) ? 'service_completed_successfully' : 'service_healthy';
        expect(condition, `${name} on ${dependency}`).toBe(expected);
      }
    }
  });

  it('run programs that the build makes', () => {
    for (const [name, { command = [] }] of ours) {
      const source = command[1]?.replace(/^dist\/(.*)\.js$/, '$1.ts');
      expect(source && existsSync(at(source)), `${name}: ${source}`).toBe(true);
    }
  });
});

describe('settings', () => {
  const secret = 'a-secret-of-at-least-32-characters';

  it('given to Baton are ones that it knows', () => {
    const known = new Set(
      read('api/config.ts')
        .match(/^ {2}[A-Z_]+(?=: )/gm)
        ?.map((name) => name.trim()),
    );
    for (const [name, { environment = {} }] of ours) {
      expect(
        Object.keys(environment).filter((variable) => !known.has(variable)),
        name,
      ).toEqual([]);
    }
  });

  it('make a configuration that Baton accepts', () => {
    for (const [name, service] of ours) {
      const config = readConfig(
        environmentOf(service, { BATON_JWT_SECRET: secret, BATON_LOG_LEVEL: 'debug' }),
      );
      expect(config.temporal.address, name).toBe('temporal:7233');
      expect(config.logLevel, name).toBe('debug');
    }
  });

  it('let the API listen beyond its container, with a key only', () => {
    const api = compose.services['api']!;
    expect(readConfig(environmentOf(api, { BATON_JWT_SECRET: secret }))).toMatchObject({
      host: '0.0.0.0',
      port: 3000,
      publicUrl: 'http://127.0.0.1:3000',
      temporalUiUrl: 'http://127.0.0.1:8233',
    });
    expect(() => readConfig(environmentOf(api, {}))).toThrow('BATON_JWT_SECRET');
  });

  it('that come from .env are explained at the top of the file, and secrets are required', () => {
    const explained = text.slice(0, text.indexOf('\nname:'));
    for (const [, name] of text.matchAll(/\$\{(\w+)/g))
      expect(explained).toMatch(new RegExp(`^# ${name} `, 'm'));
    expect(text).toContain('BATON_JWT_SECRET: ${BATON_JWT_SECRET:?');
    expect(text).toContain('POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?');
  });

  it('of the Temporal server are those of the embedded one', () => {
    const dynamicConfig = parse(read('docker/temporal-dynamic-config.yaml')) as Record<
      string,
      { value: unknown }[]
    >;
    const values = Object.entries(dynamicConfig).map(([key, [only, ...more]]) => [
      key,
      more.length ? more : only?.value,
    ]);
    expect(Object.fromEntries(values)).toEqual(SERVER_SETTINGS);
  });
});

describe('the list of versions', () => {
  it('names every image that the file and the Dockerfile start from', () => {
    const images = services.filter(([, service]) => !service.build).map(([, service]) => service.image);
    const bases = [...read('Dockerfile').matchAll(/^FROM (\S+:\S+)/gm)].map(([, image]) => image);
    expect(bases).toEqual([versions['node']]);
    expect(Object.values(versions)).toEqual(expect.arrayContaining(images));
  });

  it('agrees with the embedded server', () => {
    const goMod = read('scripts/temporal-cli/go.mod');
    expect(goMod).toContain(`github.com/temporalio/cli v${versions['temporal-cli']} `);
    expect(`temporalio/server:${/go\.temporal\.io\/server v(\S+)/.exec(goMod)?.[1]}`).toBe(
      versions['temporal-server'],
    );
    expect(`temporalio/ui:${/temporalio\/ui-server\/v2 v(\S+)/.exec(goMod)?.[1]}`).toBe(
      versions['temporal-ui'],
    );
  });

  it('has the schema tool of the very server', () => {
    const server = versions['temporal-server']?.split(':')[1];
    expect(versions['temporal-admin-tools']).toMatch(new RegExp(`^temporalio/admin-tools:${server}(-|$)`));
  });

  it('agrees with package.json about the SDK', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const sdk = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) =>
      name.startsWith('@temporalio/'),
    );
    expect(new Set(sdk.map(([, version]) => version))).toEqual(new Set([versions['temporal-sdk']]));
  });
});
