/** What the client of a crashing server knows about one certification. */
interface Entry {
  readonly merchantUid: string;
  readonly round: number;
  /** `unsure`: a delete was sent and its answer never arrived. */
  state: 'live' | 'erasing' | 'unsure' | 'erased';
}

/** Everything a writer was told, so that it can be held against what the server says after a crash. */
export class Journal {
  readonly entries = new Map<string, Entry>();
  /** Every `merchant_uid` that was ever sent, answered or not. */
  readonly attempted = new Set<string>();
  readonly tokens = new Map<string, string>();
  created = 0;
  erased = 0;
  readonly #live: string[] = [];

  keep(impUid: string, merchantUid: string, round: number): void {
    if (this.entries.has(impUid)) throw new Error(`${impUid} was given out twice`);
    this.entries.set(impUid, { merchantUid, round, state: 'live' });
    this.#live.push(impUid);
    this.created++;
  }

  /** Takes a live one out, to be erased; null when there is none. */
  takeLive(): string | null {
    const at = Math.floor(Math.random() * this.#live.length);
    const taken = this.#live[at];
    const last = this.#live.pop();
    if (taken === undefined || last === undefined) return null;
    if (taken !== last) this.#live[at] = last;
    this.#entry(taken).state = 'erasing';
    return taken;
  }

  markErased(impUid: string): void {
    this.#entry(impUid).state = 'erased';
    this.erased++;
  }

  markUnsure(impUid: string): void {
    this.#entry(impUid).state = 'unsure';
  }

  /** What a lookup showed: from now on the answer to an unsure one must stay the same. */
  settle(impUid: string, isThere: boolean): void {
    this.#entry(impUid).state = isThere ? 'live' : 'erased';
    if (isThere) this.#live.push(impUid);
  }

  #entry(impUid: string): Entry {
    const entry = this.entries.get(impUid);
    if (entry === undefined) throw new Error(`${impUid} is not in the journal`);
    return entry;
  }
}
