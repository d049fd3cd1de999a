import type { OtpCapability, Provider, Providers } from '../../src/core/provider.ts';
import { AppError } from '../../src/errors.ts';
import type { Pause } from './interleave.ts';

/** A question that the provider does not answer yet. */
interface Hold {
  readonly impUid: string;
  readonly reach: () => void;
  readonly opened: Promise<void>;
}

/** Tells the test when the provider was asked, and lets it answer. */
export interface Held {
  readonly reached: Promise<void>;
  open(): void;
  /** Holds nobody any more who has not come yet. */
  cancel(): void;
}

/**
 * Stands before the sandbox's provider: notes what it is asked and which codes it sends, takes its time, fails when
 * told to, and keeps whoever asks waiting until the test lets it answer.
 */
export class WatchedProvider {
  /** How often the provider was asked to confirm, by certification. */
  readonly asks = new Map<string, number>();
  /** The codes of the messages for each certification, in the order in which they were sent. */
  readonly codes = new Map<string, readonly string[]>();
  readonly #pause: Pause;
  readonly #faults = new Set<string>();
  readonly #holds: Hold[] = [];

  constructor(pause: Pause) {
    this.#pause = pause;
  }

  watch(providers: Providers): Providers {
    const watched = Object.entries(providers).map(([name, provider]): [string, Provider] => [
      name,
      { ...provider, ...(provider.otp && { otp: this.#watch(provider.otp) }) },
    ]);
    return Object.fromEntries(watched);
  }

  /** Fails the next time that it is asked about a certification. */
  fail(impUid: string): void {
    this.#faults.add(impUid);
  }

  /** Holds the next question about a certification. */
  hold(impUid: string): Held {
    const reached = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    const hold = { impUid, reach: reached.resolve, opened: opened.promise };
    this.#holds.push(hold);
    const cancel = () => {
      if (this.#holds.includes(hold)) this.#holds.splice(this.#holds.indexOf(hold), 1);
    };
    return { reached: reached.promise, open: opened.resolve, cancel };
  }

  /** Forgets everything, as for a new day. */
  reset(): void {
    this.asks.clear();
    this.codes.clear();
    this.#faults.clear();
    this.#holds.length = 0;
  }

  #watch(capability: OtpCapability): OtpCapability {
    return {
      offers: (...asked) => capability.offers(...asked),
      request: async (request) => {
        await this.#pause();
        const sent = await capability.request(request);
        const { impUid, method } = request;
        if (method === 'SMS' && sent.otp !== null)
          this.codes.set(impUid, [...(this.codes.get(impUid) ?? []), sent.otp]);
        await this.#pause();
        return sent;
      },
      confirm: async (confirmation) => {
        const { impUid } = confirmation;
        this.asks.set(impUid, (this.asks.get(impUid) ?? 0) + 1);
        const isFault = this.#faults.delete(impUid);
        await this.#pause();
        // Settled before it is held: what the person decides later is not what was asked.
        const [said] = await Promise.allSettled([
          isFault ? Promise.reject(new AppError('provider_unavailable')) : capability.confirm(confirmation),
        ]);
        const hold = this.#holds.find((each) => each.impUid === impUid);
        if (hold !== undefined) {
          this.#holds.splice(this.#holds.indexOf(hold), 1);
          hold.reach();
          await hold.opened;
        }
        await this.#pause();
        if (said.status === 'rejected') throw said.reason;
        return said.value;
      },
    };
  }
}
