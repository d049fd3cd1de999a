import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDevAuthority } from '../../src/server/dev.ts';
import { type Shop, Stage, walkTo } from './stage.ts';

/* A balancer that ends TLS, and calls the node by a name that no browser knows. */

let front: Awaited<ReturnType<typeof startFront>>;
let stage: Stage;
beforeAll(async () => {
  front = await startFront();
  stage = await Stage.open(front);
});
afterAll(async () => {
  await stage?.close();
  front?.close();
});

async function startFront() {
  const authority = await openDevAuthority(null);
  let node = '';
  const server = createServer(authority.issue(), (asked, answer) => {
    const headers = { ...asked.headers, host: 'node-1.internal' };
    const { method, url = '/' } = asked;
    const call = request(`${node}${url}`, { method, headers, agent: false }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.rawHeaders);
      from.pipe(answer);
    });
    call.on('error', () => answer.destroy());
    asked.pipe(call);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    passTo(url: string) {
      node = url;
    },
    close() {
      server.closeAllConnections();
      server.close();
      authority.close();
    },
  };
}

test('popup, layer and redirect work with only the public address', async () => {
  const asked = new Set<string>();
  const listen = ({ context }: Shop) => {
    context.on('request', (each) => void asked.add(new URL(each.url()).origin));
  };
  const expectCertified = async (impUid: unknown) =>
    expect(await stage.client.getCertification(String(impUid))).toMatchObject({
      certified: true,
      name: '심청',
    });

  await using computer = await stage.visit({ ignoreHTTPSErrors: true });
  listen(computer);
  const popup = await computer.certifyInPopup();
  await walkTo(popup, 'success');
  await expectCertified((await computer.result())['imp_uid']);

  await using phone = await stage.visitByPhone({ ignoreHTTPSErrors: true });
  listen(phone);
  await phone.certify();
  await walkTo(phone.page.frameLocator('.imp-dialog iframe'), 'success');
  await expectCertified((await phone.result())['imp_uid']);
  expect([...asked]).toEqual([front.url]);

  await phone.certify({ m_redirect_url: `${stage.shopUrl}/done` });
  await phone.page.waitForURL(`${front.url}/page/s/**`);
  await walkTo(phone.page, 'success');
  await phone.page.waitForURL(`${stage.shopUrl}/done?**`);
  await expectCertified(new URL(phone.page.url()).searchParams.get('imp_uid'));
  expect([...asked]).toEqual([front.url, stage.shopUrl]);
});
