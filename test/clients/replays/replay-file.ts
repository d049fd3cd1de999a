import { readFileSync } from 'node:fs';

const EXPECTED = ['token', 'certification', 'deleted', 'sent', 'confirmed', 'name refused'] as const;

/** What a replay must be answered with. */
export type Expected = (typeof EXPECTED)[number];

/** One request of a client, as it came over the wire. */
export interface Replay {
  readonly name: string;
  readonly expected: Expected;
  /** The stack waits for a 100 before it sends the body. */
  readonly waits: boolean;
  /** The stack asks that the connection be closed. */
  readonly closes: boolean;
  readonly text: string;
}

/** The requests of a file; its format is told in README.md beside it. */
export function readReplays(file: string): readonly Replay[] {
  return readFileSync(file, 'utf8')
    .split(/^### /m)
    .slice(1)
    .map((block) => {
      const [name = '', origin = '', answer = '', ...request] = block.trimEnd().split('\n');
      const expected = EXPECTED.find((each) => answer === `# answer: ${each}`);
      if (expected === undefined) throw new Error(`${file}: ${name}: ${answer} is no known answer`);
      if (!/^# (?:captured|reconstructed from source): /.test(origin))
        throw new Error(`${file}: ${name} does not say where it comes from`);
      const text = request.join('\n');
      return {
        name,
        expected,
        waits: /^Expect: 100-continue$/m.test(text),
        closes: /^Connection: close$/m.test(text),
        text,
      };
    });
}

/** The bytes of a replay, with what differs from run to run put in. */
export function toBytes(
  { text }: Replay,
  values: { readonly token: string; readonly imp_uid: string },
): Buffer {
  const filled = text.replace('{token}', values.token).replace('{imp_uid}', values.imp_uid);
  const [head = '', ...rest] = filled.split('\n\n');
  const body = rest.join('\n\n');
  // Only the body of a chunked request has line ends of its own, and an empty line at its end.
  const isChunked = /^Transfer-Encoding: chunked$/m.test(head);
  const lines = `${head}\n\n${body}${isChunked ? '\n\n' : ''}`;
  return Buffer.from(lines.replaceAll('\n', '\r\n'));
}
