import { AppError } from '../errors.ts';
import type { ApiRequest, Route } from '../http/routes.ts';

type Guard = NonNullable<Route['guard']>;
type Headers = ApiRequest['headers'];

/**
 * Protects the control routes: only programs and pages of this server may call them. Their answers contain codes and
 * secrets, and every page in a browser can send requests to this machine.
 */
export function guardControls(isOpenToAnyHost: () => boolean): Guard {
  return ({ headers }) => {
    if (!isOpenToAnyHost()) requireLocalHost(headers);
    requireOwnOrigin(headers);
    requireOwnPage(headers);
  };
}

/** The page may be opened from anywhere, for example by a link, but only as a whole window. */
export function guardPage(isOpenToAnyHost: () => boolean): Guard {
  const guard = guardControls(isOpenToAnyHost);
  return (request) => {
    const { headers } = request;
    if (!isVisit(headers)) return guard(request);
    if (!isOpenToAnyHost()) requireLocalHost(headers);
    requireOwnOrigin(headers);
  };
}

const LOCAL_HOST = /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * A foreign page can make a browser call this machine by a host name of its own (DNS rebinding), but cannot forge this
 * header.
 */
function requireLocalHost({ host = '' }: Headers): void {
  if (!LOCAL_HOST.test(host)) throw new AppError('host_not_local');
}

/** Browsers send the origin of the page; other programs send none. Pages of this server have the request's own host. */
function requireOwnOrigin({ origin, host = '' }: Headers): void {
  if (origin === undefined) return;
  const [, of = ''] = /^https?:\/\/(.+)$/i.exec(origin) ?? [];
  if (of.toLowerCase() !== host.toLowerCase()) throw new AppError('origin_foreign');
}

/** Requests without `Origin`, such as images and scripts, are recognized by this header, which no page can forge. */
function requireOwnPage(headers: Headers): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new AppError('origin_foreign');
}

function isVisit(headers: Headers): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}
