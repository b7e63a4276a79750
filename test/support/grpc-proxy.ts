/**
 * A proxy between the API and Temporal that can stop the clock at one call: held before Temporal gets it, or after
 * Temporal has answered and before the API knows. So a test kills the API at the very moment it means.
 */
import { connect, createServer } from 'node:http2';
import type {
  ClientHttp2Session,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

export type Moment = 'before' | 'after';

type Held = { method: string; moment: Moment; reached: () => void };

export class GrpcProxy {
  readonly #server = createServer();
  readonly #upstream: ClientHttp2Session;
  readonly #sessions = new Set<ServerHttp2Session>();
  #held: Held | undefined;
  #lost: string | undefined;

  private constructor(address: string) {
    this.#upstream = connect(`http://${address}`);
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      session.on('error', () => {});
    });
    this.#server.on('stream', (stream, headers) => this.#pass(stream, headers));
  }

  static async to(address: string): Promise<GrpcProxy> {
    const proxy = new GrpcProxy(address);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Holds the calls of this method from now on; resolves when the first one is held. */
  hold(method: string, moment: Moment): Promise<void> {
    return new Promise((reached) => (this.#held = { method, moment, reached }));
  }

  /** Lets calls pass again. Those that were held stay so: who made them is dead. */
  release(): void {
    this.#held = undefined;
  }

  /** The next answer to a call of this method gets lost on its way, as with a connection that breaks. */
  loseAnswer(method: string): void {
    this.#lost = method;
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
    this.#upstream.destroy();
    this.#server.close();
  }

  #isHeld(path: string | undefined, moment: Moment): boolean {
    const held = this.#held;
    if (!held || held.moment !== moment || !path?.endsWith(`/${held.method}`)) return false;
    held.reached();
    return true;
  }

  /** Whether this answer is the one to be lost; only the first is. */
  #isLost(path: string | undefined): boolean {
    if (!this.#lost || !path?.endsWith(`/${this.#lost}`)) return false;
    this.#lost = undefined;
    return true;
  }

  #pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const path = headers[':path'];
    stream.on('error', () => {});
    if (this.#isHeld(path, 'before')) return;
    const call = this.#upstream.request(headers);
    call.on('error', () => stream.destroy());
    stream.once('close', () => call.close());
    stream.pipe(call);
    let trailers: IncomingHttpHeaders = {};
    call.once('trailers', (last) => (trailers = last));
    call.once('response', (answer, flags) => {
      if (this.#isHeld(path, 'after') || stream.closed) return;
      if (this.#isLost(path)) {
        call.close();
        stream.respond({ ...answer, 'grpc-status': UNAVAILABLE }, { endStream: true });
        return;
      }
      const isAll = (flags & END_STREAM) !== 0;
      stream.respond(answer, { waitForTrailers: !isAll, endStream: isAll });
      if (isAll) return;
      stream.once('wantTrailers', () => stream.sendTrailers(trailers));
      call.pipe(stream);
    });
  }
}

const END_STREAM = 0x1;
/** What a gRPC client makes of a broken connection; it sends the call again. */
const UNAVAILABLE = '14';
