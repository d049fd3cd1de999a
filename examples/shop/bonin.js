import Iamport from 'iamport';

/** Bonin gave no usable answer. Nothing is known of the person; the same question may be asked again. */
export class NoAnswer extends Error {}

/** The three things that the shop asks of Bonin, through a client library that was written for I'mport. */
export class Bonin {
  #client;
  #patience;
  #log;
  #retryAfter;

  /** `patience` is in milliseconds. */
  constructor({ url, impKey, impSecret, patience, retryAfter = 2_000, log }) {
    // This line is all that an existing integration changes: the library has its host here.
    Iamport.DEFAULT_HOST = url;
    this.#client = new Iamport({ impKey, impSecret });
    this.#patience = patience;
    this.#retryAfter = retryAfter;
    this.#log = log;
  }

  /** The certification, or null when there is none of this id that is ours. Throws `NoAnswer`. */
  async lookUp(impUid) {
    try {
      return await this.#inTime(this.#client.certification.get({ imp_uid: impUid }));
    } catch (error) {
      if (error.code === 'HTTP_404') return null;
      // 401 after the library's own second try means wrong keys: a matter for the operator, not for the person.
      this.#log(
        error.code === 'HTTP_401'
          ? 'Bonin refuses BONIN_IMP_KEY and BONIN_IMP_SECRET'
          : 'Bonin cannot be asked',
        error,
      );
      throw new NoAnswer('lookup', { cause: error });
    }
  }

  /**
   * Destroys a certification, again and again until it is gone, without making anybody wait for it. A shop with a
   * database keeps the list of what is left to destroy there: this one forgets it when it stops.
   */
  async erase(impUid, pause = this.#retryAfter) {
    try {
      await this.#inTime(this.#client.certification.delete({ imp_uid: impUid }));
    } catch (error) {
      if (error.code === 'HTTP_404') return;
      this.#log('A certification is not destroyed yet; it will be tried again', error);
      setTimeout(() => this.erase(impUid, Math.min(pause * 2, 600_000)), pause).unref();
    }
  }

  /** The library waits for ever, and a person does not. */
  async #inTime(answer) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'TIMEOUT' })), this.#patience);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
