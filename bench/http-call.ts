import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true });

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One request over a kept connection; a body is sent as JSON with POST. */
export function call(url: string, headers: Record<string, string> = {}, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const outgoing = request(
      url,
      {
        agent,
        method: sent === undefined ? 'GET' : 'POST',
        headers: sent === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('latin1');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(sent);
  });
}

/** An access token from the server at `url`. */
export async function getToken(url: string, impKey: string, impSecret: string): Promise<string> {
  const { status, text } = await call(
    `${url}/users/getToken`,
    {},
    { imp_key: impKey, imp_secret: impSecret },
  );
  if (status !== 200) throw new Error(`the server gave no token: ${status} ${text}`);
  const { response } = JSON.parse(text) as { response: { access_token: string } };
  return response.access_token;
}
