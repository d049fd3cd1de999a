import { describe, expect, it } from 'vitest';
import { type Answer, Client } from '../support/client.ts';
import { Shop } from '../support/shop.ts';
import { type Bonin, sharing, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const WRONG = '인증번호가 일치하지 않습니다.';
const SPENT = '인증번호 입력 횟수를 초과하였습니다. 다시 요청해주세요.';
const SENT_AGAIN = '새 인증번호가 발송되었습니다. 새 인증번호를 입력해주세요.';
const DONE = '이미 인증이 완료되었습니다.';
const ABSENT = '인증결과가 존재하지 않습니다.';
const CODE = '123456';

const times = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, number) => make(number));

/** How often each message was answered; null is success. */
function count(answers: readonly Answer[]): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { message } of answers) counted[message ?? 'ok'] = (counted[message ?? 'ok'] ?? 0) + 1;
  return counted;
}

describe('at two processes on one data folder', () => {
  const CALLERS = 50;
  let both: readonly [Bonin, Bonin];
  let shops: readonly [Shop, Shop];
  /** The n-th caller's process. */
  const at = (number: number): Shop => shops[number % 2 === 0 ? 0 : 1];

  const start = async (...words: readonly string[]) => {
    const data = temporaryFolder();
    both = [await startBonin([...sharing(data), ...words]), await startBonin([...sharing(data), ...words])];
    const clients = both.map(({ url }) => new Client(url, CALLERS)) as [Client, Client];
    const { token } = await clients[0].token();
    shops = [new Shop(clients[0], token), new Shop(clients[1], token)];
  };
  const stop = async () => {
    for (const { client } of shops) client.close();
    for (const bonin of both) {
      expect(await bonin.stop()).toEqual({ code: 0, signal: null });
      expect(bonin.stderr()).toBe('');
    }
  };

  it('counts five tries for 1000 simultaneous wrong guesses', async () => {
    await start();
    const impUid = await at(0).impUid();
    const guesses = times(1000, (n) => at(n).confirm(impUid, String(200_000 + n)));
    expect(count(await Promise.all(guesses))).toEqual({ [WRONG]: 4, [SPENT]: 996 });
    for (const shop of shops) expect((await shop.confirm(impUid)).message).toBe(SPENT);
    await stop();
  });

  it('answers one of 1000 simultaneous right confirmations with 200', async () => {
    await start();
    const impUid = await at(0).impUid();
    const answers = await Promise.all(times(1000, (n) => at(n).confirm(impUid)));
    expect(count(answers)).toEqual({ ok: 1, [DONE]: 999 });
    const certified = answers.find(({ status }) => status === 200)?.response;
    for (const shop of shops) expect((await shop.lookup(impUid)).response).toEqual(certified);
    await stop();
  });

  it('certifies once or spends five tries when right and wrong codes come mixed', async () => {
    await start();
    for (let round = 0; round < 20; round++) {
      const impUid = await at(round).impUid();
      const answers = await Promise.all(
        times(40, (n) => at(n).confirm(impUid, n % 8 === 7 ? CODE : String(300_000 + n))),
      );
      const { ok = 0, [WRONG]: wrong = 0, [SPENT]: spent = 0, [DONE]: done = 0 } = count(answers);
      expect(ok + wrong + spent + done).toBe(40);
      if (ok === 1) {
        expect(wrong).toBeLessThanOrEqual(4);
        expect(spent).toBe(0);
      } else expect([ok, wrong, spent, done]).toEqual([0, 4, 36, 0]);
      expect((await at(round).confirm(impUid)).message).toBe(ok === 1 ? DONE : SPENT);
      expect((await at(round + 1).lookup(impUid)).response?.['certified']).toBe(ok === 1);
    }
    await stop();
  });

  it('leaves one of 50 codes sent at once to one phone good, each message with an id of its own', async () => {
    await start('--random-otp');
    for (let round = 0; round < 5; round++) {
      for (const { client } of shops) await client.call('DELETE', '/sandbox/messages');
      const asked = await Promise.all(times(50, (n) => at(n).impUid({ merchant_uid: `round-${round}` })));
      expect(new Set(asked).size).toBe(50);
      const messages = (await Promise.all(shops.map((shop) => shop.messages()))).flat();
      expect(messages.map((message) => message.imp_uid).toSorted()).toEqual(asked.toSorted());
      const answers = await Promise.all(
        messages.map((message, n) => at(n).confirm(message.imp_uid, message.otp)),
      );
      expect(count(answers)).toEqual({ ok: 1, [SENT_AGAIN]: 49 });
    }
    await stop();
  });

  it('certifies the newest of codes sent one after the other, whichever process sent it', async () => {
    await start();
    for (let round = 0; round < 20; round++) {
      const ids: string[] = [];
      for (const number of [round, round + 1, round]) ids.push(await at(number).impUid());
      const answers = await Promise.all(ids.map((impUid, n) => at(n).confirm(impUid)));
      expect(answers.map(({ message }) => message)).toEqual([SENT_AGAIN, SENT_AGAIN, null]);
    }
    await stop();
  });

  it('lets a code win against its successor or not, but not both', async () => {
    await start();
    for (let round = 0; round < 100; round++) {
      const impUid = await at(round).impUid();
      const [confirmed, next] = await Promise.all([at(round).confirm(impUid), at(round + 1).impUid()]);
      const isCertified = confirmed.status === 200;
      if (!isCertified) expect(confirmed.message).toBe(SENT_AGAIN);
      expect((await at(round + 1).lookup(impUid)).response?.['certified']).toBe(isCertified);
      expect((await at(round).confirm(impUid)).message).toBe(isCertified ? DONE : SENT_AGAIN);
      expect((await at(round).confirm(next)).status).toBe(200);
    }
    await stop();
  });

  it('shows nothing of a certification that was deleted while it was confirmed', async () => {
    await start();
    for (let round = 0; round < 100; round++) {
      const impUid = await at(round).impUid();
      const [confirmed, erased] = await Promise.all([at(round).confirm(impUid), at(round + 1).erase(impUid)]);
      expect(erased.status).toBe(200);
      // What was deleted is what was there: certified only if the confirmation came first.
      if (confirmed.status === 404) expect(erased.response?.['certified']).toBe(false);
      else expect(erased.response).toEqual(confirmed.response);
      for (const shop of shops) {
        expect((await shop.lookup(impUid)).message).toBe(ABSENT);
        expect((await shop.confirm(impUid)).message).toBe(ABSENT);
        expect((await shop.erase(impUid)).message).toBe(ABSENT);
      }
    }
    await stop();
  });

  it('shows lookups that race with a delete the whole certification or nothing', async () => {
    await start();
    for (let round = 0; round < 30; round++) {
      const impUid = await at(round).impUid();
      const whole = (await at(round).confirm(impUid)).response;
      const lookups = times(20, (n) => at(n).lookup(impUid));
      const erased = at(round).erase(impUid);
      for (const { status, response, message } of await Promise.all(lookups)) {
        if (status === 200) expect(response).toEqual(whole);
        else expect([status, message]).toEqual([404, ABSENT]);
      }
      expect((await erased).response).toEqual(whole);
    }
    await stop();
  });
});
