import { AppError, toAppError } from '../errors.ts';
import { Batches } from './batches.ts';
import type { Visitor } from './caller.ts';
import type { Certification, StoredCertification } from './certification.ts';
import { openCertification } from './certification-service.ts';
import type { Clock } from './clock.ts';
import { OpenedRows } from './opened-rows.ts';
import type { Store, TokenLookupResult } from './store.ts';
import type { TokenService } from './token-service.ts';
import type { Vault } from './vault.ts';
import type { CallEnd } from './watched-store.ts';

export interface LookupOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly tokens: TokenService;
  /** How long an opened certification may stay in memory, in milliseconds; 0 for not at all. */
  readonly keepOpened: number;
  /** Called when a lookup begins to wait for the store. Several lookups share one call of the store. Default: none. */
  readonly watch?: (() => CallEnd) | undefined;
}

/** Who asks with which token for which certification. */
interface Question {
  readonly visitor: Visitor;
  readonly digests: readonly string[];
  readonly impUid: string;
}

type Answer = Certification | AppError;
/** The digest of the token that was found, or looked for last, and what belongs to it. */
type Found = readonly [digest: string, result: TokenLookupResult | AppError];

/**
 * The lookup of a certification with an access token, which is what a merchant's server does most. All lookups of one
 * turn of the event loop are one piece of work in steps: all rows are read, then all tokens checked, then all rows
 * opened. One after the other they cost more than twice as much, because each step then finds the processor's caches
 * full of the others.
 */
export class Lookups {
  readonly #options: LookupOptions;
  readonly #batches = new Batches<Question, Answer>((questions) => this.#answer(questions));
  readonly #opened: OpenedRows;

  constructor(options: LookupOptions) {
    this.#options = options;
    this.#opened = new OpenedRows(options.keepOpened);
  }

  /**
   * The certification of the token's merchant. Rejects with `token_invalid`, and with `certification_not_found` for one
   * that is unknown, erased or somebody else's.
   */
  async find(visitor: Visitor, token: string, impUid: string): Promise<Certification> {
    const digests = this.#options.tokens.digestsOf(token);
    const answer = await this.#watched(this.#batches.ask({ visitor, digests, impUid }));
    if (answer instanceof AppError) throw answer;
    return answer;
  }

  /** Forgets what was opened. */
  close(): void {
    this.#opened.close();
  }

  #watched(asked: Promise<Answer>): Promise<Answer> {
    const end = this.#options.watch?.();
    if (end !== undefined) asked.then(() => end(), end);
    return asked;
  }

  async #answer(questions: readonly Question[]): Promise<readonly Answer[]> {
    const { tokens, clock } = this.#options;
    const found = await this.#read(questions);
    const now = clock.now();
    const allowed = found.map(([digest, result]) =>
      attempt(() => {
        if (result instanceof AppError) throw result;
        tokens.requireValid(result.holder, digest, now);
        return result.certification;
      }),
    );
    // A record of who has read what belongs here: one write for all of them, before anybody has an answer.
    return allowed.map((certification) => attempt(() => this.#open(certification)));
  }

  /** What the store has for the questions. Most tokens are found under the newest data key, some under an older one. */
  async #read(questions: readonly Question[], nth = 0): Promise<Found[]> {
    const lookups = questions.map(({ digests, impUid }) => ({ digest: digests[nth] ?? '', impUid }));
    const results = await this.#options.store.lookUp(lookups);
    const found = lookups.map(
      ({ digest }, at): Found => [digest, results[at] as TokenLookupResult | AppError],
    );
    const isOpen = ({ digests }: Question, at: number) => {
      const result = results[at];
      return !(result instanceof AppError) && result?.holder === null && digests.length > nth + 1;
    };
    const open = questions.filter(isOpen);
    if (open.length === 0) return found;
    const older = await this.#read(open, nth + 1);
    return found.map((each, at) => (isOpen(questions[at] as Question, at) ? (older.shift() ?? each) : each));
  }

  #open(row: StoredCertification | AppError | null): Certification {
    if (row === null) throw new AppError('certification_not_found');
    if (row instanceof AppError) throw row;
    const kept = row.room?.opened;
    if (kept) return kept;
    const opened = openCertification(this.#options.vault, row);
    this.#opened.keep(row, opened);
    return opened;
  }
}

/** What `work` returns or, as the answer to this question alone, its error. */
function attempt<T>(work: () => T): T | AppError {
  try {
    return work();
  } catch (error) {
    return toAppError(error);
  }
}
