import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  CERTIFIED,
  type CoreWorld,
  openCoreWorld,
  personAt,
  SHOP,
  START,
} from '../../test/support/core-world.ts';
import { AppError, toAppError } from '../errors.ts';
import {
  type Certification,
  type OpenedSlot,
  type StoredCertification,
  unpackDetails,
} from './certification.ts';
import { LONGEST_OPENED, MOST_OPENED, OpenedRows } from './opened-rows.ts';
import { proveToken } from './proofs.ts';
import type { TokenLookup, TokenLookupResult } from './store.ts';

let world: CoreWorld;
const [{ impKey, impSecret }] = SHOP.keys as [(typeof SHOP.keys)[number]];

beforeEach(async () => {
  world = await openCoreWorld();
  onTestFinished(() => world.close());
});

const newToken = async () => (await world.tokens.issue(personAt(), { impKey, impSecret })).token;
const keep = async () =>
  world.certifications.keep({
    channel: await world.channel(),
    state: 'certified',
    requestedAt: START,
    certifiedAt: START,
    merchantUid: 'order-1',
    pageUrl: null,
    providerTid: 'tid-1',
    identity: CERTIFIED,
  });
const find = (token: string, impUid: string) => world.lookups.find(personAt(), token, impUid);
/** `shown`, or the code of the refusal. */
const answer = (token: string, impUid: string) =>
  find(token, impUid).then(
    () => 'shown',
    (error: unknown) => toAppError(error).code,
  );

/** Every question to the store, by the number of calls. `change` may alter what it answers. */
function watchStore(
  change: (result: TokenLookupResult, at: number) => TokenLookupResult | AppError = (each) => each,
) {
  const { lookUp } = world.store;
  const calls: (readonly TokenLookup[])[] = [];
  world.store.lookUp = async (lookups) => {
    calls.push(lookups);
    return (await lookUp(lookups)).map((each, at) => (each instanceof AppError ? each : change(each, at)));
  };
  return calls;
}

/** The row as the store has it now. */
async function rowOf(token: string, impUid: string): Promise<StoredCertification> {
  const [digest = ''] = world.tokens.digestsOf(token);
  const [found] = await world.store.lookUp([{ digest, impUid }]);
  if (found === undefined || found instanceof AppError) throw new Error('there is no answer');
  if (found.certification === null || found.certification instanceof AppError)
    throw new Error('there is no row');
  return found.certification;
}

describe('a lookup', () => {
  it('shows a certification to its merchant as it was kept', async () => {
    const impUid = await keep();
    const { details, ...rest } = await find(await newToken(), impUid);
    const channel = await world.channel();
    expect(rest).toEqual({ impUid, channel, state: 'certified', requestedAt: START, certifiedAt: START });
    const details_ = { merchantUid: 'order-1', pageUrl: null, providerTid: 'tid-1', identity: CERTIFIED };
    expect(unpackDetails(details)).toEqual(details_);
  });

  it('has one answer for what is unknown, erased and of another merchant', async () => {
    const [token, impUid, erased] = [await newToken(), await keep(), await keep()];
    const other = { impKey: 'key-of-another', impSecret: 'the-secret-of-another-merchant' };
    await world.merchants.save({ ...SHOP, userCode: 'imp00000002', keys: [other], channels: [] });
    const foreign = (await world.tokens.issue(personAt(), other)).token;
    await world.certifications.erase(world.caller, erased);
    const asked = [
      answer(foreign, impUid),
      answer(token, 'imp_000000000000'),
      answer(token, 'x'.repeat(200)),
    ];
    for (const each of [...asked, answer(token, erased)]) expect(await each).toBe('certification_not_found');
  });

  it.each<[string, (token: string) => Promise<string>]>([
    ['is none', async () => 'no token'],
    ['nobody has', async () => 'f'.repeat(40)],
    [
      'has expired',
      async (token) => {
        // The very moment: tokens live half an hour from the second in which they were made.
        world.clock.at = Math.floor(START / 1000) * 1000 + 1800_000;
        return token;
      },
    ],
    [
      'was ended with its key',
      async (token) => {
        await world.merchants.revokeKey(impKey);
        return token;
      },
    ],
  ])('is refused with a token that %s, whatever there is', async (_name, end) => {
    const impUid = await keep();
    const token = await newToken();
    expect(await answer(token, impUid)).toBe('shown');
    const ended = await end(token);
    watchStore(({ holder, certification }) => ({
      holder,
      certification: certification && new AppError('sealed_data_unreadable'),
    }));
    for (const each of [impUid, 'imp_000000000000']) expect(await answer(ended, each)).toBe('token_invalid');
  });

  it('is asked of the store together with all others of the same turn', async () => {
    const [token, ...ids] = [await newToken(), await keep(), await keep(), await keep()];
    const calls = watchStore();
    const found = await Promise.all(ids.map((impUid) => find(token, impUid)));
    expect(found.map(({ impUid }) => impUid)).toEqual(ids);
    expect(calls.map((lookups) => lookups.map(({ impUid }) => impUid))).toEqual([ids]);
    await find(token, ids[0] ?? '');
    expect(calls).toHaveLength(2);
  });

  it('finds a token that was made under an older data key, in a second question', async () => {
    const [token, impUid, older] = [await newToken(), await keep(), await olderToken()];
    const calls = watchStore();
    const nobodys = ['a', 'b'].map((digit) => answer(digit.repeat(40), impUid));
    const answers = [answer(token, impUid), answer(older, impUid), ...nobodys];
    expect(await Promise.all(answers)).toEqual(['token_invalid', 'shown', 'token_invalid', 'token_invalid']);
    expect(calls.map(({ length }) => length)).toEqual([4, 4]);
  });
});

/** Another token of the key pair, in place of the last one. */
async function olderToken(): Promise<string> {
  const { store, vault, tokens } = world;
  const [, digest = ''] = tokens.digestsOf('0'.repeat(40));
  // A digest begins with the id of its data key, and so does a nonce.
  const nonce = Buffer.concat([Buffer.from(digest.slice(0, 8), 'hex'), Buffer.alloc(20, 7)]);
  const token = vault.tokenOf(nonce);
  const key = await store.findApiKey(impKey);
  if (key === null) throw new Error('there is no key');
  const row = { nonce, digest: tokens.digestsOf(token)[1] ?? '', issuedAt: START, expiresAt: START * 2 };
  const proof = proveToken(vault, { ...row, apiKeyId: key.id, merchantId: key.merchant.id }, row.digest);
  await store.putToken({ key, seen: await store.findTokenOfKey(key), next: { ...row, proof } });
  return token;
}

describe('a row that was altered', () => {
  const altered: readonly [string, (result: TokenLookupResult) => TokenLookupResult | AppError][] = [
    [
      'in a certification',
      ({ holder, certification }) => ({
        holder,
        certification: { ...(certification as StoredCertification), requestedAt: START + 1 },
      }),
    ],
    [
      'beyond reading in a certification',
      ({ holder }) => ({ holder, certification: new AppError('sealed_data_unreadable') }),
    ],
    [
      'in a token',
      ({ holder, certification }) => ({
        holder: holder && { ...holder, expiresAt: START * 2 },
        certification,
      }),
    ],
    ['beyond reading in a token', () => new AppError('sealed_data_unreadable')],
  ];
  it.each(altered)('%s fails this lookup alone', async (_name, change) => {
    const [token, ...ids] = [await newToken(), await keep(), await keep(), await keep()];
    watchStore((result, at) => (at === 1 ? change(result) : result));
    const answers = await Promise.all(ids.map((impUid) => answer(token, impUid)));
    expect(answers).toEqual(['shown', 'sealed_data_unreadable', 'shown']);
  });
});

describe('an opened certification', () => {
  /** Looked up until the store keeps the row. */
  async function read(times = 3) {
    const [token, impUid] = [await newToken(), await keep()];
    for (let time = 0; time < times; time++) await find(token, impUid);
    return { token, impUid, row: await rowOf(token, impUid) };
  }

  it('is remembered with a row that the store keeps, and is what the row says', async () => {
    const { token, impUid, row } = await read();
    expect(row.slot?.opened).toEqual(await find(token, impUid));
    expect(await find(token, impUid)).toBe(await find(token, impUid));
  });

  it('is not remembered with a row that the store does not keep', async () => {
    const { token, impUid } = await read(0);
    expect(await find(token, impUid)).not.toBe(await find(token, impUid));
  });

  it('is forgotten at once when it is erased', async () => {
    const { token, impUid, row } = await read();
    expect(row.slot?.opened).not.toBeNull();
    await world.certifications.erase(world.caller, impUid);
    expect(row.slot?.opened).toBeNull();
    expect(await answer(token, impUid)).toBe('certification_not_found');
  });

  it('is forgotten when the server stops', async () => {
    const { row } = await read();
    world.lookups.close();
    expect(row.slot?.opened).toBeNull();
  });

  it('is forgotten after thirty seconds at most, read or not', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { token, impUid, row } = await read();
    const first = row.slot?.opened;
    vi.advanceTimersByTime(15_000);
    expect(await find(token, impUid)).toBe(first);
    vi.advanceTimersByTime(15_000);
    expect(row.slot?.opened).toBeNull();
    expect(await find(token, impUid)).not.toBe(first);
  });

  it('is never remembered where that is switched off', async () => {
    world = await openCoreWorld({ keepOpened: 0 });
    onTestFinished(() => world.close());
    const { row } = await read();
    expect(row.slot?.opened).toBeNull();
  });
});

describe('opened certifications', () => {
  it('are remembered up to a number, half of it in half of the time', () => {
    const rows = new OpenedRows(LONGEST_OPENED);
    const opened = { impUid: 'imp_000000000001' } as Certification;
    const slots = Array.from({ length: MOST_OPENED / 2 + 1 }, (): OpenedSlot => ({ opened: null }));
    for (const slot of slots) rows.keep({ slot } as StoredCertification, opened);
    expect(slots.at(-2)?.opened).toEqual({ ...opened, answers: {} });
    expect(slots.at(-1)?.opened).toBeNull();
    rows.close();
    expect(slots.every((slot) => slot.opened === null)).toBe(true);
  });
});
