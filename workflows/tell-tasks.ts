/**
 * How a workflow tells tasks of something: by signals, which are durable once Temporal has them, whether a worker looks
 * after the task or not. Whoever tells must neither close nor continue as new meanwhile.
 */
import { CancellationScope, getExternalWorkflowHandle, uuid4 } from '@temporalio/workflow';
import type { Actor } from './actor.ts';
import { SIGNALS } from './messages.ts';
import type { Arguments } from './messages.ts';

type Told<N extends 'approval_asked' | 'approval_decided'> = {
  name: N;
  content: Omit<Arguments<N>, 'messageId'> & { actor: Actor };
};

/** The same news for some tasks. */
export type ToldTasks = { to: readonly string[] } & (Told<'approval_asked'> | Told<'approval_decided'>);

export class TaskTeller {
  /** What was told last, until that is through. */
  #latest: Promise<unknown> | undefined;

  get isBusy(): boolean {
    return this.#latest !== undefined;
  }

  /**
   * Resolves once Temporal has it for all of these tasks. One that has closed by then is left out. What was told before
   * goes first: Temporal may swap two signals that are under way together.
   */
  async tell({ to, name, content }: ToldTasks): Promise<void> {
    const send = () =>
      Promise.all(
        to.map((id) => {
          const message = { ...content, messageId: uuid4() };
          const sent = CancellationScope.nonCancellable(() =>
            getExternalWorkflowHandle(id).signal<[unknown]>(SIGNALS[name].name, message),
          );
          return sent.catch(() => {});
        }),
      );
    const sent = this.#latest ? this.#latest.then(send) : send();
    this.#latest = sent;
    await sent;
    if (this.#latest === sent) this.#latest = undefined;
  }
}
