import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';

/**
 * Returns the address of a request's client: the other end of the connection or, if that is a trusted proxy, the
 * address that the proxy names. Empty when it is unknown.
 */
export type AddressReader = (peer: string | undefined, headers: IncomingHttpHeaders) => string;

/** An address with the length of its network's prefix. */
interface Block {
  readonly address: string;
  readonly bits: number;
}

/** Whether a text names an address, or a block of addresses as in `10.0.0.0/8` or `fd00::/8`. */
export function isAddressBlock(text: string): boolean {
  return readBlock(text) !== null;
}

/**
 * `trustedProxies` are texts that `isAddressBlock` accepts; others are ignored. Headers from anybody else are not read,
 * because a client can write anything into them.
 *
 * With both headers, `X-Forwarded-For` decides: nearly every proxy adds to it, and many pass on a `Forwarded` header of
 * the client unchanged. A proxy that writes only `Forwarded` has to remove `X-Forwarded-For`.
 */
export function createAddressReader(trustedProxies: readonly string[]): AddressReader {
  if (trustedProxies.length === 0) return rememberLast((peer) => normalise(peer ?? '') ?? '');
  const trusted = new BlockList();
  for (const text of trustedProxies) {
    const block = readBlock(text);
    if (block !== null) trusted.addSubnet(block.address, block.bits, familyOf(block.address));
  }
  const isTrusted = (address: string) => trusted.check(address, familyOf(address));
  return (peer, headers) => {
    const near = normalise(peer ?? '') ?? '';
    if (near === '' || !isTrusted(near)) return near;
    const addresses = headers['x-forwarded-for'];
    // Node joins repeated headers with commas.
    if (addresses !== undefined) return lastUntrusted(String(addresses), readNode, near, isTrusted);
    const { forwarded } = headers;
    return forwarded === undefined ? near : lastUntrusted(forwarded, readElement, near, isTrusted);
  };
}

/** Most requests come from the address that the one before came from. */
function rememberLast(read: (peer: string | undefined) => string): (peer: string | undefined) => string {
  let last: { readonly peer: string | undefined; readonly address: string } | null = null;
  return (peer) => {
    if (last === null || last.peer !== peer) last = { peer, address: read(peer) };
    return last.address;
  };
}

/**
 * Reads the entries from the right. Each entry was written by the hop to its right, so an entry counts only if that hop
 * is trusted. At an entry that cannot be read, the hop that wrote it is the result.
 */
function lastUntrusted(
  list: string,
  read: (entry: string) => string | null,
  near: string,
  isTrusted: (address: string) => boolean,
): string {
  let last = near;
  for (let end = list.length; end >= 0; ) {
    // Commas in quotes are not looked for: a client could open a quote that swallows what the proxy writes after it.
    const comma = end === 0 ? -1 : list.lastIndexOf(',', end - 1);
    const address = read(list.slice(comma + 1, end));
    if (address === null) return last;
    last = address;
    if (!isTrusted(last)) return last;
    end = comma;
  }
  return last;
}

/** The only `for` of one element of `Forwarded` (RFC 7239). */
function readElement(element: string): string | null {
  let found: string | null = null;
  for (const pair of element.split(';')) {
    const [, name = '', value = ''] = /^[\t ]*([!#$%&'*+.^_`|~\w-]+)[\t ]*=(.*)$/.exec(pair) ?? [];
    if (name === '') return null;
    if (name.toLowerCase() !== 'for') continue;
    if (found !== null) return null;
    found = value;
  }
  return found === null ? null : readNode(found);
}

/** Reads an address with or without quotes, brackets and port; null for anything else, such as `unknown`. */
function readNode(text: string): string | null {
  // Longer than any spelling of an address.
  if (text.length > 100) return null;
  const bare = text.replace(/^[\t ]+|[\t ]+$/g, '');
  const { quoted, open } = /^(?:"(?<quoted>[^"]*)"|(?<open>[^"]*))$/.exec(bare)?.groups ?? {};
  const node = quoted ?? open ?? '';
  const { six, four } = /^(?:\[(?<six>[^\]]*)\]|(?<four>[\d.]+))(?::\d{1,5})?$/.exec(node)?.groups ?? {};
  if (six !== undefined) return isIPv4(six) ? null : normalise(six);
  return normalise(four ?? node);
}

/** Normalizes an address; null for a text that is none. */
function normalise(text: string): string | null {
  const address = text.split('%', 1)[0] ?? '';
  const family = isIP(address);
  if (family === 4) return address;
  if (family === 0) return null;
  const { address: short } = new SocketAddress({ address, family: 'ipv6' });
  return /^::ffff:(?<four>[\d.]+)$/.exec(short)?.groups?.['four'] ?? short;
}

/** Whether an address can only be reached from this machine. */
export function isLoopback(address: string): boolean {
  const known = normalise(address) ?? '';
  return known === '::1' || (isIPv4(known) && known.startsWith('127.'));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

function readBlock(text: string): Block | null {
  const [, written = '', digits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const address = normalise(written);
  if (address === null) return null;
  const most = isIPv4(written) ? 32 : 128;
  const bits = digits === undefined ? most : Number(digits);
  // An IPv4 address written in IPv6 has 96 bits in front.
  const front = most === 128 && isIPv4(address) ? 96 : 0;
  return bits > most || bits < front ? null : { address, bits: bits - front };
}
