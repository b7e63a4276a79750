/**
 * A whole tree of tasks without Temporal: each lives by the pure rules, and their errands to each other are run as
 * `LiveChildren` does. What one sends to another arrives in order, but when is up to the test.
 */
import { TREE } from '../../workflows/actor.ts';
import { errandsOf, firstErrands } from '../../workflows/errands.ts';
import type { Errand } from '../../workflows/errands.ts';
import type { Message } from '../../workflows/messages.ts';
import { orphaned } from '../../workflows/rules/children.ts';
import type { ChildNews } from '../../workflows/rules/children.ts';
import { isSettled } from '../../workflows/task-record.ts';
import type { Task, TaskInput } from '../../workflows/task-record.ts';
import type { TreeNode } from '../../workflows/tree.ts';
import { PureTask, at, olga } from './task-fixture.ts';

/** Something under way from one task to another. */
interface Letter {
  to: string;
  arrive: (task: PureTask) => void;
}

export class PureTree {
  readonly tasks = new Map<string, PureTask>();
  readonly root: PureTask;
  #clock = 0;
  #minted = 0;
  /** What is under way, by sender and receiver. */
  readonly #lines = new Map<string, Letter[]>();
  /** The parent that awaits the result of a task. */
  readonly #awaitedBy = new Map<string, string>();
  readonly #closed = new Set<string>();
  /** Those that somebody ended from outside; which their parent may not know yet. */
  readonly terminated = new Set<string>();

  constructor({ id, definition, children }: TreeNode) {
    this.#start(id, { definition, company: 'acme', createdBy: olga, ...(children && { children }) });
    this.root = this.get(id);
  }

  get(id: string): PureTask {
    return this.tasks.get(id)!;
  }

  /** Those that a message still reaches. */
  get open(): PureTask[] {
    return [...this.tasks.values()].filter(({ task }) => !this.#closed.has(task.id));
  }

  isClosed(id: string): boolean {
    return this.#closed.has(id);
  }

  get underWay(): number {
    return this.#lines.size;
  }

  wait(seconds: number): void {
    this.#clock += seconds;
    for (const task of this.open) task.wait(seconds);
    this.close();
  }

  /** Ends a task from outside, of which it learns nothing. */
  terminate(id: string): void {
    this.terminated.add(id);
    this.#end(id, 'cancelled');
  }

  /** A new execution takes the task over, if this is a moment at which it may: it awaits no results any more. */
  continueAsNew(id: string): void {
    const pure = this.get(id);
    if (pure.task.cancel || [...this.#lines.keys()].some((line) => line.startsWith(`${id}>`))) return;
    pure.task = orphaned(pure.task, at(this.#clock));
    for (const [child, parent] of this.#awaitedBy) if (parent === id) this.#awaitedBy.delete(child);
  }

  /** The first letter of one of the lines arrives. */
  deliver(pick: number): void {
    const lines = [...this.#lines.entries()];
    const [line, letters] = lines[pick % lines.length]!;
    const { to, arrive } = letters.shift()!;
    if (letters.length === 0) this.#lines.delete(line);
    if (!this.#closed.has(to)) arrive(this.get(to));
    this.close();
  }

  deliverAll(): void {
    while (this.#lines.size > 0) this.deliver(0);
  }

  /** Closes what has ended and settled, and whose last words have arrived. */
  close(): void {
    for (const { task } of this.open) {
      const speaks = [...this.#lines.keys()].some((line) => line.startsWith(`${task.id}>`));
      if (!speaks && isSettled(task, at(this.#clock))) this.#end(task.id, task.status, task.followedBy);
    }
  }

  #end(id: string, status: ChildNews['status'], followedBy?: string): void {
    this.#closed.add(id);
    const parent = this.#awaitedBy.get(id);
    const news = { child: id, status, followedBy };
    if (parent !== undefined) this.#post(`result of ${id}`, parent, (task) => task.hearOfEnd(news));
  }

  #start(id: string, input: TaskInput): void {
    const { definition, ...also } = input;
    const pure = new PureTask(definition, {
      ...also,
      id,
      clock: this.#clock,
      mintId: () => `minted-${(this.#minted += 1)}`,
      became: (before, after, message) => this.#run(after, errandsOf(before, after, message)),
    });
    this.tasks.set(id, pure);
    this.#run(pure.task, firstErrands(pure.task, input.children ?? []));
  }

  #run(from: Task, errands: readonly Errand[]): void {
    for (const errand of errands) {
      switch (errand.do) {
        case 'start':
          this.#awaitedBy.set(errand.id, from.id);
          this.#start(errand.id, errand.input);
          break;
        case 'succeed':
          this.#start(errand.id, errand.input);
          break;
        case 'tell': {
          const { name, content } = errand;
          const message = { name, ...content, messageId: `letter-${(this.#minted += 1)}`, actor: TREE };
          this.#post(from.id, errand.to, (task) => task.receive(message as Message));
          break;
        }
        case 'cancel':
          this.#post(from.id, errand.id, (task) => task.cancel());
          break;
        case 'look':
          for (const child of errand.ids) this.#lookAt(child, from.id);
      }
    }
  }

  #lookAt(child: string, forWhom: string): void {
    if (!this.#closed.has(child)) return;
    const status = this.terminated.has(child) ? 'cancelled' : this.get(child).status;
    const news = { child, status };
    this.#post(`look at ${child}`, forWhom, (task) => task.hearOfEnd(news));
  }

  #post(from: string, to: string, arrive: (task: PureTask) => void): void {
    const line = `${from}>${to}`;
    const letters = this.#lines.get(line) ?? [];
    letters.push({ to, arrive });
    this.#lines.set(line, letters);
  }
}
