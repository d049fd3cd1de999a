import { connect, createServer, type Socket } from 'node:net';
import type { Target } from '../../src/conformance/exchange.ts';

/** An answer in pieces; texts stand for bytes (ISO-8859-1). */
export interface Answer {
  status: number;
  headers: (readonly [name: string, value: string])[];
  body: string;
}

/** One rule done wrong: what becomes of an answer, by the request it is to; null leaves it as it is. */
export type Fault = (answer: Answer, request: string) => Answer | null;

export interface FaultyServer extends AsyncDisposable {
  readonly target: Target;
}

/** How long bytes that would belong to the same message are waited for, in milliseconds. */
const QUIET = 6;

/** A server in front of another that passes everything on byte for byte, but for the answers that `fault` spoils. */
export async function startFaultyServer(behind: Target, fault: Fault): Promise<FaultyServer> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: behind.host, port: behind.port, allowHalfOpen: true });
    const requests: string[] = [];
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    relay(client, upstream, (text) => {
      requests.push(text);
      return text;
    });
    relay(upstream, client, (text) => spoil(text, requests.join(''), fault));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    target: { ...behind, port },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function relay(from: Socket, to: Socket, change: (text: string) => string): void {
  let gathered = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    if (gathered !== '' && to.writable) to.write(change(gathered), 'latin1');
    gathered = '';
  };
  from.setEncoding('latin1').on('data', (text: string) => {
    gathered += text;
    clearTimeout(timer);
    timer = setTimeout(flush, QUIET);
  });
  from.on('end', () => {
    flush();
    to.end();
  });
  from.on('close', () => to.destroySoon());
}

function spoil(text: string, request: string, fault: Fault): string {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const before: Answer = {
    status: Number(statusLine.split(' ')[1]),
    headers: lines.map((line) => {
      const [name = '', ...value] = line.split(': ');
      return [name, value.join(': ')] as const;
    }),
    body: text.slice(end + 4),
  };
  const after = fault(structuredClone(before), request);
  if (after === null) return text;
  // A spoiled body has its right length; a fault that is about the length sets it itself.
  const headers = after.headers.map(([name, value]) =>
    name === 'Content-Length' && after.body !== before.body && value === String(before.body.length)
      ? ([name, String(after.body.length)] as const)
      : ([name, value] as const),
  );
  const head = [`HTTP/1.1 ${after.status} Spoiled`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return `${head.join('\r\n')}\r\n\r\n${after.body}`;
}
