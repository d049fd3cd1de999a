import type { MerchantCaller, Visitor } from '../../core/caller.ts';
import type { TokenService } from '../../core/token-service.ts';
import { AppError } from '../../errors.ts';
import type { ApiRequest, Handler } from '../../http/routes.ts';

const TOKEN_MEMBER = '_token=';

/**
 * The access token of a request: from `Authorization` (bare or `Bearer`), else from `X-ImpTokenHeader`, else from the
 * query member `_token`. Only the first one that is not blank is used.
 */
export function presentedToken(request: Pick<ApiRequest, 'headers' | 'query'>): string | null {
  const authorization = request.headers.authorization?.trim();
  if (authorization) return authorization.replace(/^bearer\s+/i, '');
  const header = request.headers['x-imptokenheader'];
  const text = (typeof header === 'string' ? header : header?.join(', '))?.trim();
  if (text) return text;
  return request.query.includes(TOKEN_MEMBER) ? queryToken(request.query) : null;
}

function queryToken(query: string): string | null {
  const values = new URLSearchParams(query).getAll('_token').map((value) => value.trim());
  return values.find((value) => value !== '') ?? null;
}

/** The access token of a request, or `token_invalid`. */
export function requireToken(request: Pick<ApiRequest, 'headers' | 'query'>): string {
  const token = presentedToken(request);
  if (token === null) throw new AppError('token_invalid');
  return token;
}

/** The sender of a request whose token has not been checked yet. */
export function visitorOf({ requestId, address }: ApiRequest): Visitor {
  return { surface: 'v1', requestId, address };
}

/** A handler that runs only with a valid token; otherwise the answer is 401, before any other check. */
export function withToken(
  tokens: TokenService,
  handle: (request: ApiRequest, caller: MerchantCaller) => Promise<string>,
): Handler {
  return async (request) => {
    const caller = await tokens.verify(visitorOf(request), requireToken(request));
    // `await` here: returning the promise costs two more turns of the microtask queue.
    return await handle(request, caller);
  };
}
