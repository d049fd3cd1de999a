import { AppError } from '../errors.ts';

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Combines the questions of one turn of the event loop into one statement. Under load many requests are read in one
 * turn, and one statement for all of them costs much less than one each. A question waits only for the end of its turn.
 * The statement begins after the question was asked, so the answer is as fresh as if it had been asked alone.
 */
export class Batches<Question, Answer> {
  readonly #ask: (questions: readonly Question[]) => Promise<readonly (Answer | AppError)[]>;
  readonly #most: number;
  #waiting: Waiting<Question, Answer>[] = [];

  /**
   * `ask` returns the answers in the order of the questions; an error among them is for that question alone. When `ask`
   * itself fails, all questions fail. `most` is the number of
   * questions in one statement; further ones of the same turn go into further statements, at the same time.
   */
  constructor(ask: (questions: readonly Question[]) => Promise<readonly (Answer | AppError)[]>, most = 500) {
    this.#ask = ask;
    this.#most = most;
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(this.#flush);
      this.#waiting.push({ question, resolve, reject });
    });
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < waiting.length; at += this.#most)
      void this.#answer(waiting.slice(at, at + this.#most));
  };

  async #answer(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.#ask(batch.map(({ question }) => question));
      for (let at = 0; at < batch.length; at++) {
        const answer = answers[at] as Answer | AppError;
        if (answer instanceof AppError) batch[at]?.reject(answer);
        else batch[at]?.resolve(answer);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
