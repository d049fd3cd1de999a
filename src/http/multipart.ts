/** One field of a form: name and value as sent. */
export interface MultipartField {
  readonly name: Buffer;
  readonly value: Buffer;
}

const PARAMETER = /;[ \t]*([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;"]*))/g;
const UNENCODED = /^(?:7bit|8bit|binary)$/i;

/**
 * The fields of a `multipart/form-data` body (RFC 7578); parts with a file name are left out. Null when the body is not
 * what its boundary says: no boundary, no end, a part without a name or in an encoding of its own. Node's own reader is
 * not used, since it replaces bytes that are not UTF-8 instead of refusing them.
 */
export function parseMultipart(contentType: string, body: Buffer): readonly MultipartField[] | null {
  const boundary = readParameters(contentType).get('boundary') ?? '';
  if (boundary === '' || boundary.length > 70) return null;
  // One character per byte, so that an index in the text is an index in the body.
  const text = body.toString('latin1');
  const fields: MultipartField[] = [];
  let start: number | null = null;
  for (const line of text.matchAll(
    new RegExp(`(?:^|\\r\\n)--${quote(boundary)}(--)?[ \\t]*(?=\\r\\n|$)`, 'g'),
  )) {
    if (start !== null) {
      const field = readPart(text.slice(start, line.index));
      if (field === null) return null;
      if (field !== 'file') fields.push(field);
    }
    if (line[1] !== undefined) return start === null ? null : fields;
    start = line.index + line[0].length + 2;
  }
  return null;
}

function readPart(part: string): MultipartField | 'file' | null {
  const end = part.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const headers = new Map<string, string>();
  for (const line of part
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const disposition = headers.get('content-disposition') ?? '';
  if (!/^form-data[ \t]*;/i.test(disposition)) return null;
  const parameters = readParameters(disposition);
  if (parameters.has('filename') || parameters.has('filename*')) return 'file';
  const name = parameters.get('name');
  if (name === undefined) return null;
  if (!UNENCODED.test(headers.get('content-transfer-encoding') ?? 'binary')) return null;
  return { name: Buffer.from(name, 'latin1'), value: Buffer.from(part.slice(end + 4), 'latin1') };
}

function readParameters(header: string): ReadonlyMap<string, string> {
  return new Map(
    [...header.matchAll(PARAMETER)].map(([, name = '', quoted, bare = '']) => [
      name.toLowerCase(),
      quoted ?? bare,
    ]),
  );
}

function quote(text: string): string {
  return text.replace(/[^0-9A-Za-z]/g, '\\$&');
}
