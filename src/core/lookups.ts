import { AppError, toAppError } from '../errors.ts';
import { Batches } from './batches.ts';
import type { Visitor } from './caller.ts';
import type { Certification, StoredCertification } from './certification.ts';
import { openCertification } from './certification-service.ts';
import type { Clock } from './clock.ts';
import { OpenedRows } from './opened-rows.ts';
import type { Store, TokenLookup, TokenLookupResult } from './store.ts';
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

/** One lookup that waits for the end of its turn. */
interface Question extends TokenLookup {
  readonly visitor: Visitor;
  /** Digests of the token. The one under the newest data key comes first. */
  readonly digests: readonly string[];
  /** The digest that the store is asked for. */
  digest: string;
}

type Answer = Certification | AppError;
type Finding = TokenLookupResult | AppError | undefined;

/**
 * The lookup of a certification with an access token, which is what a merchant's server does most. All lookups of one
 * turn of the event loop are done together, in steps: all rows are read, then all tokens checked, then all rows opened.
 * That costs less than one lookup after the other, because the same code runs many times in a row.
 */
export class Lookups {
  readonly #options: LookupOptions;
  readonly #batches = new Batches<Question, Certification>((questions) => this.#answer(questions));
  readonly #opened: OpenedRows;

  constructor(options: LookupOptions) {
    this.#options = options;
    this.#opened = new OpenedRows(options.keepOpened);
  }

  /**
   * The certification of the token's merchant. Rejects with `token_invalid`, and with `certification_not_found` for one
   * that is unknown, erased or somebody else's.
   */
  find(visitor: Visitor, token: string, impUid: string): Promise<Certification> {
    // Not an async function: it would cost each lookup one more promise.
    try {
      const digests = this.#options.tokens.digestsOf(token);
      const [digest = ''] = digests;
      return this.#watched(this.#batches.ask({ visitor, digests, digest, impUid }));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Drops all opened certifications from memory. */
  close(): void {
    this.#opened.close();
  }

  #watched(asked: Promise<Certification>): Promise<Certification> {
    const end = this.#options.watch?.();
    if (end !== undefined) asked.then(() => end(), end);
    return asked;
  }

  async #answer(questions: readonly Question[]): Promise<readonly Answer[]> {
    const findings = await this.#read(questions);
    const now = this.#options.clock.now();
    const rows = questions.map(({ digest }, at) => this.#check(digest, findings[at], now));
    // Records of who has read what can be written here: one write for all questions, before they are answered.
    return rows.map((row) => this.#open(row));
  }

  /** Asks the store. A token that is not found is looked for again under its next older digest. */
  async #read(questions: readonly Question[]): Promise<readonly Finding[]> {
    const findings: Finding[] = [...(await this.#options.store.lookUp(questions))];
    for (let nth = 1; ; nth++) {
      const open = [...questions.keys()].filter(
        (at) => isAbsent(findings[at]) && questions[at]?.digests[nth],
      );
      if (open.length === 0) return findings;
      const older = open.map((at) => questions[at] as Question);
      for (const question of older) question.digest = question.digests[nth] ?? '';
      const found = await this.#options.store.lookUp(older);
      for (const [place, at] of open.entries()) findings[at] = found[place];
    }
  }

  /** The row that the holder of the token may see, or the error. */
  #check(digest: string, finding: Finding, now: number): StoredCertification | AppError | null {
    if (finding === undefined) return new AppError('internal', { detail: 'the store left a question out' });
    if (finding instanceof AppError) return finding;
    try {
      this.#options.tokens.requireValid(finding.holder, digest, now);
      return finding.certification;
    } catch (error) {
      return toAppError(error);
    }
  }

  #open(row: StoredCertification | AppError | null): Answer {
    if (row === null) return new AppError('certification_not_found');
    if (row instanceof AppError) return row;
    const kept = row.slot?.opened;
    if (kept) return kept;
    try {
      const opened = openCertification(this.#options.vault, row);
      this.#opened.keep(row, opened);
      return opened;
    } catch (error) {
      return toAppError(error);
    }
  }
}

function isAbsent(finding: Finding): boolean {
  return finding !== undefined && !(finding instanceof AppError) && finding.holder === null;
}
