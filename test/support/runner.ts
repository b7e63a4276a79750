/** A runner whose programs are what the test says: it shows what Baton makes of what runners tell. */
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure, Context as Current } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll } from 'vitest';
import type { Exit, RunAgentInput } from '../../workflows/launch.ts';
import './runtime.ts';
import { temporalUnderTest } from './temporal.ts';

/** A program that was launched: it prints and ends as the test tells it. */
export class Program {
  readonly input: RunAgentInput;
  readonly #context: Context;
  readonly ended: Promise<Exit>;
  #end!: (exit: Exit) => void;
  #fail!: (error: Error) => void;
  #tail = '';
  /** Whether it goes on when it is asked to end, until it exits. */
  isStubborn = false;

  constructor(input: RunAgentInput, context: Context) {
    this.input = input;
    this.#context = context;
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.ended.catch(() => {});
    context.cancelled.catch(() => {
      if (!this.isStubborn) this.#stopped(this.#exit(null, 'SIGTERM'));
    });
    this.beat();
  }

  get isStopped(): boolean {
    return this.#context.cancellationSignal.aborted;
  }

  beat(): void {
    const { agentId: agent, leaseSeconds } = this.input;
    this.#context.heartbeat({ agent, leaseSeconds, launched: true, tail: this.#tail, pid: 1 });
  }

  print(text: string): void {
    this.#tail += text;
    this.beat();
  }

  exit(code: number): void {
    const exit = this.#exit(code, null);
    if (this.isStopped) this.#stopped(exit);
    else this.#end(exit);
  }

  #stopped = (exit: Exit): void => this.#fail(new CancelledFailure('stopped', [exit]));

  fail(type: string, message: string): void {
    this.#fail(ApplicationFailure.create({ type, message, nonRetryable: true }));
  }

  #exit = (exitCode: number | null, signal: string | null): Exit => ({
    exitCode,
    signal,
    tail: this.#tail,
    wallSeconds: 1,
  });
}

/** A runner for the tests of one file, or of a group; `hasty` if those are on the server where histories soon are long. */
export function useRunner({ hasty = false } = {}): { name: string; next: () => Promise<Program> } {
  const name = `runner-${crypto.randomUUID()}`;
  const launched: Program[] = [];
  const waiting: ((program: Program) => void)[] = [];
  let running: { worker: Worker; end: Promise<void>; connection: NativeConnection } | undefined;
  beforeAll(async () => {
    const { address, hastyAddress, namespace } = temporalUnderTest();
    const connection = await NativeConnection.connect({ address: hasty ? hastyAddress : address });
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue: `runner/${name}`,
      // Cancellations reach it with its heartbeats, which are not held back.
      maxHeartbeatThrottleInterval: '50ms',
      defaultHeartbeatThrottleInterval: '50ms',
      activities: {
        run_agent: async (input: RunAgentInput) => {
          const program = new Program(input, Current.current());
          const beating = setInterval(() => program.beat(), 100);
          const taken = waiting.shift();
          if (taken) taken(program);
          else launched.push(program);
          return await program.ended.finally(() => clearInterval(beating));
        },
      },
    });
    running = { worker, end: worker.run(), connection };
  });
  afterAll(async () => {
    running?.worker.shutdown();
    await running?.end;
    await running?.connection.close();
  });
  return {
    name,
    /** The next program that is launched. */
    next: () => {
      const there = launched.shift();
      return there ? Promise.resolve(there) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}
