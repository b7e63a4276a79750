/** An agent of Paperclip or DarkDuck as its documents have it: it wakes up, has a run id, and calls what they call. */
import type { ApiUnderTest } from './api-under-test.ts';
import type { Answer, Caller, Json } from './caller.ts';
import { eventually } from './caller.ts';

export class Wake {
  readonly #agent: Caller;
  readonly #company: string;
  readonly #headers: Record<string, string>;

  /** `header` is the one of the protocol; without a run id none is sent. */
  constructor(agent: Caller, company: string, runId?: string, header = 'X-Paperclip-Run-Id') {
    this.#agent = agent;
    this.#company = company;
    this.#headers = runId === undefined ? {} : { [header]: runId };
  }

  get id(): string {
    return this.#agent.id;
  }

  get = (path: string): Promise<Answer> => this.#agent.get(`/api${path}`, this.#headers);
  post = (path: string, body?: unknown): Promise<Answer> =>
    this.#agent.post(`/api${path}`, body, this.#headers);
  patch = (path: string, body: unknown): Promise<Answer> =>
    this.#agent.patch(`/api${path}`, body, this.#headers);

  checkout = (issueId: string, expectedStatuses: string[] = ['todo', 'backlog', 'blocked']) =>
    this.post(`/issues/${issueId}/checkout`, { agentId: this.id, expectedStatuses });

  /** The body of a request that must succeed. */
  must = (answer: Promise<Answer>): Promise<Json> => this.#agent.must(answer);

  /** A new issue. */
  create = (issue: object = {}): Promise<Json> =>
    this.must(this.post(`/companies/${this.#company}/issues`, { title: 'Count the beans', ...issue }));

  read = (issueId: string): Promise<Json> => this.must(this.get(`/issues/${issueId}`));

  list = (query: string): Promise<Answer> => this.get(`/companies/${this.#company}/issues?${query}`);

  /** The list, once it has what it should: lists lag behind a little. */
  listed = (query: string, isRight: (issues: Json[]) => boolean): Promise<Json[]> =>
    eventually(() => this.must(this.list(query)), isRight);

  /** The texts of the comments. */
  comments = async (issueId: string): Promise<string[]> =>
    (await this.must(this.get(`/issues/${issueId}/comments`))).map(({ body }: Json) => body);
}

/** A company of its own with two agents, each in a run, and a board that gives them what to do. */
export function paperclipCompany(api: Pick<ApiUnderTest, 'as'>) {
  const company = `company-${crypto.randomUUID()}`;
  const wake = (sub: string, runId: string | undefined = 'run-1', role = 'agent') =>
    new Wake(api.as(sub, role, company), company, runId);
  const board = wake('board', 'board-1', 'operator');
  const [alice, bob] = [wake('alice'), wake('bob')];
  return {
    company,
    wake,
    board,
    native: api.as('board', 'operator', company),
    alice,
    bob,
    /** A new issue that alice has. */
    held: async (issue: object = {}): Promise<string> => {
      const { id } = await board.create(issue);
      await alice.must(alice.checkout(id));
      return id;
    },
  };
}
