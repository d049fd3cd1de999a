import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  CHANNELS,
  type CoreWorld,
  openCoreWorld,
  personAt,
  SHOP,
  START,
} from '../../test/support/core-world.ts';
import { AppError } from '../errors.ts';
import {
  foldImpKey,
  type Merchant,
  type MerchantRows,
  type NewChannel,
  NO_PAGE_RULES,
  readPageRules,
} from './merchant.ts';
import { openChannel } from './merchant-service.ts';
import type { Settings } from './provider.ts';

const altered = { code: 'sealed_data_unreadable' };
const RULES = { returnHosts: ['shop.example'], returnSchemes: [], origins: null, nullOrigin: false };
const CREDENTIALS = { impKey: 'key_of_the_shop', impSecret: 'secret of the shop' };

let world: CoreWorld;

beforeEach(async () => {
  world = await openCoreWorld();
  onTestFinished(() => world.close());
});

const find = () => world.merchants.find({ userCode: SHOP.userCode });
/** The shop as it is stored now. */
async function shop(): Promise<Merchant> {
  const found = await find();
  if (found === null) throw new Error('the shop is gone');
  return found;
}
const issue = (more: Partial<typeof CREDENTIALS> = {}) =>
  world.tokens.issue(personAt(), { ...CREDENTIALS, ...more });
const verify = (token: string) => world.tokens.verify(personAt(), token);
const wrong = { code: 'credentials_wrong' };
/** Writes a row as somebody with access to the database could: without its proof. */
const write = (change: Partial<MerchantRows>) =>
  world.store.saveMerchant(SHOP.userCode, (found) => ({ ...found, keys: [], channels: [], ...change }));

describe('saving a merchant', () => {
  it('adds one that may do business, with no page rules unless some are given', async () => {
    const added = await world.merchants.save({ ...SHOP, userCode: 'imp00000002', keys: [], channels: [] });
    expect(added).toMatchObject({ name: '가상상점', disabledAt: null, pageRules: NO_PAGE_RULES });
    const { proof, ...row } = added;
    expect(proof.length).toBe(36);
    expect(await world.merchants.find({ id: added.id })).toMatchObject(row);
    const ruled = { ...SHOP, userCode: 'imp00000003', pageRules: RULES, keys: [], channels: [] };
    expect(await world.merchants.save(ruled)).toMatchObject({ pageRules: RULES });
  });

  it('brings it up to date, and leaves what is not named as it was', async () => {
    await world.merchants.save({ ...SHOP, pageRules: RULES });
    await world.merchants.save({ name: '새이름', userCode: SHOP.userCode, keys: [], channels: [] });
    expect(await find()).toMatchObject({ name: '새이름', pageRules: RULES });
    const channels = await world.merchants.listChannels(world.caller.merchantId);
    expect(channels.map(({ channelKey }) => channelKey)).toEqual(
      CHANNELS.map(({ channelKey }) => channelKey),
    );
    await issue();
  });

  it('puts the channels in the order in which they are named', async () => {
    await world.merchants.save({ ...SHOP, channels: CHANNELS.toReversed() });
    const channels = await world.merchants.listChannels(world.caller.merchantId);
    expect(channels.map(({ channelKey, position }) => [channelKey, position])).toEqual(
      CHANNELS.toReversed().map(({ channelKey }, position) => [channelKey, position]),
    );
    expect(await world.merchants.findChannel('both')).toEqual(channels.at(-1));
    expect(await world.merchants.findChannel('unknown')).toBeNull();
  });

  it('folds the letters of a key, and takes another secret, which ends the token of the old one', async () => {
    const { token } = await issue({ impKey: 'KEY_of_the_SHOP' });
    expect(await verify(token)).toMatchObject({ merchantId: world.caller.merchantId });
    const keys = [{ impKey: 'Key_Of_The_Shop', impSecret: 'another secret' }];
    await world.merchants.save({ ...SHOP, keys });
    await expect(issue()).rejects.toMatchObject(wrong);
    await expect(verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
    await issue({ impSecret: 'another secret' });
    expect(foldImpKey('AZaz09É')).toBe('azaz09É');
  });

  it('refuses one without a name', async () => {
    await expect(world.merchants.save({ ...SHOP, name: '' })).rejects.toMatchObject({ code: 'store_failed' });
    expect(await find()).toMatchObject({ name: '가상상점' });
  });

  it('refuses to make an altered row a right one', async () => {
    await write({ name: '다른상점' });
    await expect(world.merchants.save(SHOP)).rejects.toMatchObject(altered);
    await expect(world.merchants.enable(SHOP.userCode)).rejects.toMatchObject(altered);
    await expect(find()).rejects.toMatchObject(altered);
  });
});

describe('disabling and enabling', () => {
  it('ends the tokens and the business of a merchant, and lets it begin again', async () => {
    const { token } = await issue();
    world.clock.at += 5;
    expect(await world.merchants.disable(SHOP.userCode)).toBe(true);
    expect(await find()).toBeNull();
    await expect(verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
    await expect(issue()).rejects.toMatchObject(wrong);
    const [listed] = await world.merchants.list();
    expect(listed?.merchant.disabledAt).toBe(START + 5);
    expect(await world.merchants.enable(SHOP.userCode)).toBe(true);
    expect(await find()).toMatchObject({ disabledAt: null, name: '가상상점' });
    await issue();
  });

  it('adds no merchant', async () => {
    expect(await world.merchants.disable('imp99999999')).toBe(false);
    expect(await world.merchants.enable('imp99999999')).toBe(false);
    expect(await world.merchants.list()).toHaveLength(1);
  });

  it('stays as it is when the merchant is brought up to date', async () => {
    await world.merchants.disable(SHOP.userCode);
    await world.merchants.save(SHOP);
    expect(await find()).toBeNull();
  });
});

describe('revoking a key', () => {
  it('ends it and its token for good, in any letters, and says when there is none', async () => {
    const { token } = await issue();
    world.clock.at += 5;
    expect(await world.merchants.revokeKey('KEY_OF_THE_SHOP')).toBe(true);
    expect(await world.merchants.revokeKey(CREDENTIALS.impKey)).toBe(false);
    expect(await world.merchants.revokeKey('unknown')).toBe(false);
    await expect(verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
    await expect(issue()).rejects.toMatchObject(wrong);
    await expect(world.merchants.save(SHOP)).rejects.toMatchObject({ code: 'store_failed' });
    const [listed] = await world.merchants.list();
    expect(listed?.keys).toEqual([{ impKey: CREDENTIALS.impKey, revokedAt: START + 5 }]);
  });
});

describe('what is returned', () => {
  it('lists every merchant with what is theirs', async () => {
    await world.merchants.save({ ...SHOP, userCode: 'imp00000002', keys: [], channels: [] });
    const listed = await world.merchants.list();
    expect(
      listed.map(({ merchant, keys, channels }) => [merchant.userCode, keys.length, channels.length]),
    ).toEqual([
      ['imp00000001', 1, CHANNELS.length],
      ['imp00000002', 0, 0],
    ]);
  });

  it('is never a merchant whose row was altered', async () => {
    const { token } = await issue();
    expect(await verify(token)).toMatchObject({ merchantId: world.caller.merchantId });
    await write({ name: '다른상점' });
    for (const ask of [
      () => find(),
      () => world.merchants.find({ id: world.caller.merchantId }),
      () => world.merchants.list(),
      () => issue(),
    ])
      await expect(ask()).rejects.toMatchObject(altered);
  });

  it('is never a channel whose row was altered', async () => {
    const { id, merchantId, ...channel } = await world.channel();
    const merchant = await world.store.findMerchant({ id: merchantId });
    await write({ ...merchant, channels: [{ ...channel, minimumAge: 5 }] });
    for (const ask of [
      () => world.merchants.findChannel('both'),
      () => world.merchants.listChannels(merchantId),
      () => world.merchants.list(),
      async () => world.attempts.listChannels(await shop()),
      () => world.request(),
    ])
      await expect(ask()).rejects.toMatchObject(altered);
    expect(id).toEqual(expect.any(Number));
  });

  it('has page rules that are an object, and a text that nobody wrote is altered', () => {
    expect(readPageRules(JSON.stringify(RULES))).toEqual(RULES);
    for (const text of ['', 'null', '1', '"text"', '{'])
      expect(() => readPageRules(text), text).toThrow(expect.objectContaining(altered));
  });
});

describe('the settings of a channel', () => {
  const save = (channel: Partial<NewChannel>) =>
    world.merchants.save({ ...SHOP, channels: [{ ...CHANNELS[0], ...channel } as NewChannel] });
  const refused = (explanation: string) => ({ code: 'input_refused', explanation });

  it('are what the adapter made of them, and open for its channel alone', async () => {
    world.agency.parseSettings = (value, { provider }) => ({ ...(value as Settings), provider });
    await save({ settings: { site: 'S2' } });
    const channel = await world.channel();
    expect(openChannel(world.vault, channel)).toEqual({
      channel,
      settings: { site: 'S2', provider: 'danal' },
    });
    for (const other of [{ channelKey: 'x' }, { adapter: 'x' }, { merchantId: 99 }])
      expect(() => openChannel(world.vault, { ...channel, ...other })).toThrow(
        expect.objectContaining(altered),
      );
  });

  it('are written anew only when they are others', async () => {
    await save({ settings: { site: 'S2' } });
    const { settings, proof } = await world.channel();
    await save({ settings: { site: 'S2' } });
    expect(await world.channel()).toMatchObject({ settings, proof });
    await save({ settings: { site: 'S3' } });
    const changed = await world.channel();
    expect(changed.settings.blob).not.toEqual(settings.blob);
    expect(openChannel(world.vault, changed).settings).toEqual({ site: 'S3' });
  });

  it('are none unless some are given', async () => {
    await save({ settings: undefined });
    expect(openChannel(world.vault, await world.channel()).settings).toEqual({});
  });

  it('are refused with the words of the adapter, by `save` and by `checkSettings`', async () => {
    world.agency.parseSettings = () => {
      throw new AppError('input_refused', { explanation: 'site is missing' });
    };
    const words = refused('channel both: site is missing');
    await expect(save({ settings: {} })).rejects.toMatchObject(words);
    const channels = [{ ...CHANNELS[0], settings: {} } as NewChannel];
    expect(() => world.merchants.checkSettings({ ...SHOP, channels })).toThrow(
      expect.objectContaining(words),
    );
    world.agency.parseSettings = () => {
      throw new Error('broken');
    };
    await expect(save({})).rejects.toMatchObject({ code: 'internal' });
  });

  it('may be of the test server of an agency only at a merchant that is a test', async () => {
    world.agency.isTest = ({ site }) => site === 'T1';
    const sentence =
      'channel both: it uses the test server of its agency, which only a merchant with "test": true may do';
    await expect(save({ settings: { site: 'T1' } })).rejects.toMatchObject(refused(sentence));
    const channels = [{ ...CHANNELS[0], settings: { site: 'T1' } } as NewChannel];
    const [setup, test] = [false, true].map((isTest) => ({ ...SHOP, channels, isTest }));
    expect(() => world.merchants.checkSettings(setup as typeof SHOP)).toThrow(
      expect.objectContaining(refused(sentence)),
    );
    world.merchants.checkSettings(test as typeof SHOP);
    await world.merchants.save(test as typeof SHOP);
    const offered = async () =>
      (await world.attempts.listChannels(await shop())).map(({ channelKey }) => channelKey);
    const fault = async () => world.merchants.findFault(await shop(), await world.channel());
    expect(await offered()).toContain('both');
    expect(await fault()).toBeNull();
    // It is no test any more, so this channel is refused from now on.
    await world.merchants.save({ ...SHOP, channels: [], isTest: false });
    expect(await offered()).toEqual(['page-only', 'hosted']);
    expect(await fault()).toBe(sentence.slice(14));
    // What says nothing about it leaves it as it is.
    await world.merchants.save({ ...SHOP, channels: [], isTest: true });
    await world.merchants.save({ ...SHOP, channels: [], pageRules: undefined as never });
    expect((await find())?.pageRules.isTest).toBe(true);
  });

  it('that its adapter does not take any more make a channel that nobody can use, and say why', async () => {
    world.agency.parseSettings = (value) => {
      if ((value as Settings)['site'] === 'S1')
        throw new AppError('input_refused', { explanation: 'settings.site is too short' });
      return value as Settings;
    };
    const faultOf = async (channelKey?: string) =>
      world.merchants.findFault(await shop(), await world.channel(channelKey));
    expect(await faultOf()).toBe('settings.site is too short');
    expect(await faultOf('without-agency')).toBe(
      'there is no adapter inicis here; known: danal, kcp_v2, inicis_unified, hosted',
    );
    expect(await world.attempts.listChannels(await shop())).toEqual([]);
  });

  it('can be saved for one channel alone, after the others or in its place', async () => {
    const at = async () =>
      (await world.merchants.listChannels(world.caller.merchantId)).map(({ channelKey }) => channelKey);
    const names = CHANNELS.map(({ channelKey }) => channelKey);
    const [first, , , , hosted] = CHANNELS as [NewChannel, NewChannel, NewChannel, NewChannel, NewChannel];
    await world.merchants.saveChannel(SHOP.userCode, { ...hosted, channelKey: 'new' });
    expect(await at()).toEqual([...names, 'new']);
    await world.merchants.saveChannel(SHOP.userCode, { ...first, settings: { site: 'S9' } });
    expect(await at()).toEqual([...names, 'new']);
    expect(openChannel(world.vault, await world.channel()).settings).toEqual({ site: 'S9' });
    expect(await world.merchants.saveChannel('imp99999999', first)).toBeNull();
    await issue();
  });

  it('are not missed by a channel that names no adapter either: it has none, and certifies nobody', async () => {
    world.agency.parseSettings = () => {
      throw new AppError('input_refused', { explanation: 'site is missing' });
    };
    const channels = [{ ...CHANNELS[0], settings: undefined } as NewChannel];
    world.merchants.checkSettings({ ...SHOP, channels });
    await save({ settings: undefined });
    const channel = await world.channel();
    expect(channel.adapter).toBe('none');
    expect(openChannel(world.vault, channel).settings).toEqual({});
  });

  it('need an adapter, and one that shows the `pg_provider` of the channel', async () => {
    const known = 'known: danal, kcp_v2, inicis_unified, hosted';
    for (const settings of [undefined, {}])
      await expect(save({ adapter: 'other', settings })).rejects.toMatchObject(
        refused(`channel both: there is no adapter other here; ${known}`),
      );
    await expect(save({ provider: 'inicis' })).rejects.toMatchObject(
      refused(`channel both: there is no adapter inicis here; ${known}`),
    );
    await expect(save({ adapter: 'kcp_v2' })).rejects.toMatchObject(
      refused('channel both: the adapter kcp_v2 shows pg_provider kcp_v2 only'),
    );
    expect((await world.channel('without-agency')).adapter).toBe('inicis');
    expect((await world.channel('hosted')).adapter).toBe('hosted');
  });
});
