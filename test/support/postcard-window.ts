/** The form that the window of the agency Postcard lets a browser post back. */
export interface PostcardReturn {
  readonly address: string;
  readonly body: string;
}

/** The person presses a button in the agency's window. Returns the form that the browser then posts. */
export async function press(window: string, state: string): Promise<PostcardReturn> {
  const html = await (await fetch(`${window}?state=${state}`)).text();
  const address = /action="([^"]+)"/.exec(html)?.[1] ?? '';
  const fields = [...html.matchAll(/name="(\w+)" value="([^"]+)"/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  return { address, body: new URLSearchParams(fields).toString() };
}

/** Posts the form, and follows where that leads unless `redirect` says otherwise. */
export function comeBack({ address, body }: PostcardReturn, options: RequestInit = {}): Promise<Response> {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return fetch(address, { method: 'POST', headers, body, ...options });
}
