import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Provider } from '../../src/core/provider.ts';
import { AppError } from '../../src/errors.ts';
import { adapterOf } from './adapter.ts';

/** Of every message. */
export const RIGHT_CODE = '246810';

/** An agency that sends codes and compares them itself. Its adapter is `comparingAdapter`. */
export class ComparingAgency {
  readonly url: string;
  /** The codes that it was asked to compare, oldest first. */
  readonly compared: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(): Promise<ComparingAgency> {
    const server = createServer(async (request, response) => {
      const code = Buffer.concat(await request.toArray()).toString();
      agency.compared.push(code);
      // Long enough for many more forms to come meanwhile.
      setTimeout(() => response.writeHead(code === RIGHT_CODE ? 200 : 409).end(), 50);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const agency = new ComparingAgency(server);
    return agency;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** The adapter of an agency that compares codes at this address. */
export function comparingAdapter(url: string): Provider {
  return adapterOf('comparing', {
    otp: {
      offers: (method) => method === 'SMS',
      request: async () => ({ providerTid: '20260314000000000000', otp: null, memo: 'sent' }),
      async confirm({ claimant, otp }) {
        const answer = await fetch(url, { method: 'POST', body: otp ?? '' });
        if (!answer.ok) throw new AppError('otp_wrong');
        return { ...claimant, ci: 'ci-of-comparing', di: 'di-of-comparing' };
      },
    },
  });
}
