import { isObject, type Raw } from './values.ts';

/**
 * Sends a request and returns the answer, or null if there is no usable answer within `limit` milliseconds. `onLate`
 * gets an answer that comes later; without `onLate` the request is aborted.
 */
export function ask(
  address: string,
  body: Raw,
  limit: number,
  onLate?: (answer: Raw | null) => void,
): Promise<Raw | null> {
  return new Promise((resolve) => {
    const control = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      resolve(null);
      if (!onLate) control.abort();
    }, limit);
    const take = (answer: Raw | null) => {
      clearTimeout(timer);
      resolve(answer);
      if (isLate && onLate) onLate(answer);
    };
    request(address, body, control.signal).then(take, () => take(null));
  });
}

async function request(address: string, body: Raw, signal: AbortSignal): Promise<Raw | null> {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    credentials: 'omit',
    cache: 'no-store',
    signal,
  });
  const answer: unknown = await response.json();
  // A refused start is final, whatever the status; later calls are retried.
  const passes = !/start$/.test(address) && (response.status === 429 || response.status >= 500);
  return isObject(answer) && !passes ? answer : null;
}
