import type { AttemptService } from '../core/attempt-service.ts';
import type { AttemptSteps } from '../core/attempt-steps.ts';
import type { Visitor } from '../core/caller.ts';
import type { Clock } from '../core/clock.ts';
import type { HostedVisits } from '../core/hosted-visits.ts';
import type { MerchantService } from '../core/merchant-service.ts';
import type { ApiRequest } from '../http/routes.ts';
import type { PageExtras } from './extras.ts';

/** The services of the page. */
export interface PageServices {
  readonly merchants: MerchantService;
  readonly attempts: AttemptService;
  readonly steps: AttemptSteps;
  readonly visits: HostedVisits;
  readonly clock: Clock;
  /** Prefix of every path of the page. */
  readonly basePath: string;
  /** The origin under which browsers reach it; null for the host of the request. */
  readonly publicUrl: string | null;
  /** Whether this server uses TLS itself. */
  readonly secure: boolean;
  /** Whether everything is allowed, as in `dev`. */
  readonly forgiving: boolean;
  /** The additions of `dev`; null in `serve`. */
  readonly extras: PageExtras | null;
}

/** The address under which browsers reach a path of the page. */
export function publicAddress(
  { basePath, publicUrl, secure }: PageServices,
  { headers }: ApiRequest,
  path: string,
): string {
  const origin = publicUrl ?? `${secure ? 'https' : 'http'}://${headers.host ?? ''}`;
  return `${origin}${basePath}${path}`;
}

export function visitorOf({ requestId, address }: ApiRequest): Visitor {
  return { surface: 'page', requestId, address };
}
