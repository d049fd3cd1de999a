import { AppError } from '../errors.ts';
import type { MerchantCaller } from './caller.ts';
import type { StoredCertification } from './certification.ts';
import {
  type Certification,
  type CertificationDetails,
  detailsContext,
  packDetails,
  splitDetails,
} from './certification.ts';
import type { Clock } from './clock.ts';
import { newImpUid } from './ids.ts';
import { requireReal } from './invented-people.ts';
import { checkChannel } from './proofs.ts';
import type { Store } from './store.ts';
import type { Vault } from './vault.ts';

/** A certification that is not kept yet. */
export interface NewCertification extends CertificationDetails, Omit<Certification, 'impUid' | 'details'> {}

/** A certification in the form that a store keeps. */
export function sealCertification(
  vault: Vault,
  impUid: string,
  certification: NewCertification,
): StoredCertification {
  const { channel, state, requestedAt, certifiedAt } = certification;
  const { merchantId } = channel;
  const record = { impUid, merchantId, channel, state, requestedAt, certifiedAt };
  return { ...record, sealed: vault.seal(detailsContext(record), packDetails(certification)) };
}

/** The inverse of `sealCertification`; `sealed_data_unreadable` when the row disagrees with its sealed part. */
export function openCertification(vault: Vault, stored: StoredCertification): Certification {
  const { impUid, channel, state, requestedAt, certifiedAt } = stored;
  if ((state === 'certified') !== (certifiedAt !== null))
    throw new AppError('sealed_data_unreadable', { detail: `the state of ${impUid} was altered` });
  checkChannel(vault, channel);
  const details = splitDetails(vault.open(detailsContext(stored), stored.sealed));
  return { impUid, channel, state, requestedAt, certifiedAt, details };
}

/** What a merchant can do with its certifications. */
export class CertificationService {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #keepsInvented: boolean;

  /** `keepsInvented` is true in a sandbox alone, whose people are kept there. */
  constructor(store: Store, vault: Vault, clock: Clock, keepsInvented = false) {
    this.#store = store;
    this.#vault = vault;
    this.#clock = clock;
    this.#keepsInvented = keepsInvented;
  }

  /**
   * Destroys the merchant's certification and returns what it was. One of several callers at once succeeds. Unknown,
   * erased and somebody else's are the same `certification_not_found`.
   */
  async erase({ merchantId }: MerchantCaller, impUid: string): Promise<Certification> {
    const stored = await this.#store.eraseCertification(merchantId, impUid, this.#clock.now());
    if (stored === null) throw new AppError('certification_not_found');
    return openCertification(this.#vault, stored);
  }

  /** Keeps a certification under a new id, and returns the id. Rejects as `keepAs` does. */
  async keep(certification: NewCertification): Promise<string> {
    for (;;) {
      const impUid = newImpUid();
      if (await this.keepAs(impUid, certification)) return impUid;
    }
  }

  /**
   * Keeps a certification under a given id; false when that id is or was in use. Rejects with `invented_person` for
   * somebody of a sandbox.
   */
  async keepAs(impUid: string, certification: NewCertification): Promise<boolean> {
    if (certification.identity !== null && !this.#keepsInvented) requireReal(certification.identity);
    return this.#store.createCertification(sealCertification(this.#vault, impUid, certification));
  }
}
