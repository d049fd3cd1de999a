import type { PageRules } from './merchant.ts';

/** Never leads anywhere: wrapper apps watch for it. */
const WRAPPER = /^http:\/\/detectchangingwebview\/iamport\/[\w./-]*(?:[?#]|$)/;
const NEVER = ['javascript:', 'data:', 'blob:', 'file:', 'about:', 'vbscript:'];
const LOOPBACK = /^(?:localhost|[^.]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const LONGEST = 2000;

/** Whether a person may be sent to `address` with a result. */
export function isReturnAddress(address: string, rules: PageRules | null): boolean {
  // Control characters and blanks are dropped by browsers, so that what is compared would not be what is opened.
  if (address.length > LONGEST || /[\p{Cc}\s\\]/u.test(address)) return false;
  if (WRAPPER.test(address)) return true;
  const url = URL.parse(address);
  if (url === null || NEVER.includes(url.protocol)) return false;
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return rules?.returnSchemes.includes(url.protocol.slice(0, -1)) === true;
  if (rules === null) return true;
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) return false;
  return rules.returnHosts.some((host) =>
    host.startsWith('*.') ? url.host.endsWith(host.slice(1)) : url.host === host,
  );
}

/** Whether a page of this origin may start an attempt; null stands for `Origin: null` and for none. */
export function mayStart(origin: string | null, rules: PageRules | null): boolean {
  if (rules === null) return true;
  if (origin === null) return rules.nullOrigin;
  return rules.origins === null || rules.origins.includes(origin);
}
