/** What `global-setup.ts` started, as a test gets at it. */
import { inject } from 'vitest';

export type TemporalUnderTest = {
  /** Of the gRPC service, as host:port. */
  readonly address: string;
  /** Of a second one, which suggests to continue as new at 160 KiB of history, not at 4 MiB. */
  readonly hastyAddress: string;
  readonly uiUrl: string;
  readonly namespace: string;
  /** The workflow code, bundled: `workflowBundle: { codePath }` of a worker. */
  readonly workflowBundlePath: string;
  /** The server's program, for tests that run a server of their own. */
  readonly binary: string;
  /** A browser for playwright-core; undefined when this machine has none and the tests were not run by `npm test`. */
  readonly chromiumPath: string | undefined;
};

declare module 'vitest' {
  interface ProvidedContext {
    temporal: TemporalUnderTest;
  }
}

/** The Temporal server that the tests share. */
export function temporalUnderTest(): TemporalUnderTest {
  return inject('temporal');
}
