import { type Answer, type Client, textOf } from './client.ts';
import { SIMCHEONG } from './dev-app.ts';

/** A text message as the sandbox's inbox lists it. */
export interface Message {
  readonly id: string;
  readonly imp_uid: string;
  readonly otp: string;
}

/** The code of every message that is not a random one. */
const USUAL_CODE = '123456';

/** A merchant's server with a token, in front of one Bonin. */
export class Shop {
  readonly client: Client;
  readonly #token: string;

  constructor(client: Client, token: string) {
    this.client = client;
    this.#token = token;
  }

  request(more: object = {}): Promise<Answer> {
    return this.#post('/certifications/otp/request', { ...SIMCHEONG, ...more });
  }

  async impUid(more: object = {}): Promise<string> {
    return textOf((await this.request(more)).response, 'imp_uid');
  }

  confirm(impUid: string, otp = USUAL_CODE): Promise<Answer> {
    return this.#post(`/certifications/otp/confirm/${impUid}`, { otp });
  }

  lookup(impUid: string): Promise<Answer> {
    return this.client.lookup(this.#token, impUid);
  }

  erase(impUid: string): Promise<Answer> {
    return this.client.erase(this.#token, impUid);
  }

  async messages(): Promise<readonly Message[]> {
    const { response } = await this.client.call('GET', '/sandbox/messages');
    return response as unknown as readonly Message[];
  }

  #post(path: string, json: object): Promise<Answer> {
    return this.client.call('POST', path, { headers: { authorization: this.#token }, json });
  }
}
