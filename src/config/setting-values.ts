/* What the values of settings look like. */

/** An address to listen on; an empty host stands for every address of this machine. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const DATABASE_SCHEMES: readonly string[] = ['sqlite:', 'postgres:', 'postgresql:'];

/** Whether a text is an origin as browsers write it. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
}

/** Reads `HOST:PORT`, with an IPv6 address in brackets; null for anything else. */
export function parseAddress(text: string): ListenAddress | null {
  const [, inBrackets, name = '', digits] = /^(?:\[([\da-f:.]+)\]|([\w.-]*)):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65535 ? null : { host: inBrackets ?? name, port };
}

/** Whether a text is the URL of a supported database. */
export function isDatabaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname } = new URL(text);
  try {
    const path = decodeURIComponent(pathname);
    return DATABASE_SCHEMES.includes(protocol) && (protocol !== 'sqlite:' || path !== '');
  } catch {
    return false;
  }
}
