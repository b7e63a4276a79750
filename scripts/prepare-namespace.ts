/**
 * Makes a Temporal namespace ready for Baton: it exists, keeps closed tasks as long as configured, and knows the
 * search attributes. Changes only what differs, so it may run before every start, and several times at once.
 */
import type { Connection } from '@temporalio/client';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { readConfig } from '../api/config.ts';
import { connect } from '../api/temporal-connection.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { runScript } from './run-script.ts';
import { SetupError } from './setup-error.ts';

export type NamespaceSettings = { readonly namespace: string; readonly retentionDays: number };

const { IndexedValueType } = proto.temporal.api.enums.v1;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const USABLE_WITHIN_MS = 60_000;
const SERVER_UP_WITHIN_MS = 120_000;

/**
 * Returns once tasks can be started and listed in the namespace. Throws a `SetupError` when a search attribute exists
 * with another type, or a change does not show within a minute; and whatever gRPC error a call met.
 */
export async function prepareNamespace(connection: Connection, settings: NamespaceSettings): Promise<void> {
  await ensureNamespace(connection, settings);
  const { namespace } = settings;
  await ensureSearchAttributes(connection, namespace);
  const query = SEARCH_ATTRIBUTES.map((key) => `${key.name} IS NULL`).join(' AND ');
  await eventually(`lists by Baton's search attributes`, USABLE_WITHIN_MS, () =>
    connection.workflowService.listWorkflowExecutions({ namespace, query, pageSize: 1 }),
  );
}

async function ensureNamespace(
  connection: Connection,
  { namespace, retentionDays }: NamespaceSettings,
): Promise<void> {
  const retentionMs = retentionDays * 24 * 3600 * 1000;
  const { workflowService } = connection;
  const existing = await workflowService.describeNamespace({ namespace }).catch(unless(NOT_FOUND));
  if (!existing) {
    const request = { namespace, workflowExecutionRetentionPeriod: msToTs(retentionMs) };
    await workflowService.registerNamespace(request).catch(unless(ALREADY_EXISTS));
  } else if (optionalTsToMs(existing.config?.workflowExecutionRetentionTtl) !== retentionMs) {
    const config = { workflowExecutionRetentionTtl: msToTs(retentionMs) };
    await workflowService.updateNamespace({ namespace, config });
  }
}

async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { operatorService } = connection;
  // A namespace that was just registered takes about a second to be known to all of the server.
  const { customAttributes } = await eventually(`namespace ${namespace}`, USABLE_WITHIN_MS, () =>
    operatorService.listSearchAttributes({ namespace }),
  );
  const missing: Record<string, number> = {};
  for (const { name, type } of SEARCH_ATTRIBUTES) {
    const wanted = IndexedValueType[`INDEXED_VALUE_TYPE_${type}`];
    const found = customAttributes?.[name];
    if (found === undefined) missing[name] = wanted;
    else if (found !== wanted) {
      throw new SetupError(
        `Search attribute ${name} of namespace ${namespace} has another type than ${type}. ` +
          'Choose another namespace with TEMPORAL_NAMESPACE, or remove that attribute from this one.',
      );
    }
  }
  if (Object.keys(missing).length === 0) return;
  await operatorService
    .addSearchAttributes({ namespace, searchAttributes: missing })
    .catch(unless(ALREADY_EXISTS));
}

/** Repeats a call that fails only because the server has not caught up with a change yet. */
async function eventually<T>(what: string, withinMs: number, call: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await call();
    } catch (cause) {
      if (Date.now() > deadline) {
        const last = cause instanceof Error ? cause.message : String(cause);
        throw new SetupError(`${what}: not ready within ${withinMs / 1000} s (${last})`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function unless(code: number): (error: unknown) => undefined {
  return (error) => {
    if ((error as { code?: unknown }).code !== code) throw error;
  };
}

async function main(): Promise<void> {
  const settings = readConfig().temporal;
  console.log(`Preparing namespace ${settings.namespace} on ${settings.address} ...`);
  const connection = await eventually(`Temporal at ${settings.address}`, SERVER_UP_WITHIN_MS, () =>
    connect(settings.address),
  );
  await prepareNamespace(connection, settings);
  await connection.close();
  console.log('Ready.');
}

await runScript(import.meta.url, main);
