import { describe, expect, it } from 'vitest';
import {
  type Channel,
  type ChannelChoice,
  chooseChannel,
  PROVIDER_NAMES,
  type ProviderName,
  shownMembers,
} from './channel.ts';

const channel = (id: number, provider: ProviderName, providerMerchantId: string): Channel => ({
  id,
  merchantId: 1,
  position: id,
  channelKey: `key-${id}`,
  provider,
  providerMerchantId,
  carrierApproval: false,
  foreignerAddOn: false,
  minimumAge: null,
  adapter: provider,
  settings: { keyId: 1, salt: new Uint8Array(32), blob: Uint8Array.of(1) },
  proof: new Uint8Array(),
});
const CHANNELS = [
  channel(1, 'inicis', 'OLD'),
  channel(2, 'danal', 'A1'),
  channel(3, 'danal', 'A2'),
  channel(4, 'inicis_unified', 'MIIias'),
  channel(5, 'kcp_v2', 'S6'),
];
/** All but the first one, which is of no use here. */
const canServe = ({ provider }: Channel) => provider !== 'inicis';

function choose(choice: Partial<ChannelChoice>, isForgiving: boolean): string {
  const chosen = chooseChannel(
    CHANNELS,
    { channelKey: null, pg: null, ...choice },
    { canServe, isForgiving },
  );
  return chosen === null ? 'none' : `${chosen.channel.id}${chosen.isReplaced ? ' instead' : ''}`;
}

describe('a call', () => {
  it.each<[Partial<ChannelChoice>, serve: string, dev: string]>([
    [{}, '2', '2'],
    [{ channelKey: 'key-3' }, '3', '3'],
    [{ channelKey: 'key-3', pg: 'kcp_v2' }, '3', '3'],
    [{ pg: 'danal' }, '2', '2'],
    [{ pg: 'danal.A2' }, '3', '3'],
    [{ pg: 'kcp_v2' }, '5', '5'],
    // Known, and of no use.
    [{ channelKey: 'key-1' }, 'none', 'none'],
    [{ pg: 'inicis' }, 'none', 'none'],
    // A provider that exists, in another spelling or with a merchant id that does not.
    [{ pg: 'inicis_unified.MIIiasTest' }, 'none', '4 instead'],
    [{ pg: 'Inicis_Unified' }, 'none', '4 instead'],
    [{ pg: 'INICIS_UNIFIED.MIIias' }, 'none', '4 instead'],
    [{ pg: 'inicis_unified.' }, 'none', '4 instead'],
    [{ pg: 'kcp_v2.a.b.c' }, 'none', '5 instead'],
    [{ pg: 'DANAL.A2' }, 'none', '2 instead'],
    [{ pg: ' kcp_v2 .S6' }, 'none', '5 instead'],
    // Nothing that exists.
    [{ pg: 'html5_inicis.INIpayTest' }, 'none', '2 instead'],
    [{ pg: 'inicis.NEW' }, 'none', '2 instead'],
    [{ pg: 'kcp' }, 'none', '2 instead'],
    [{ pg: '.danal' }, 'none', '2 instead'],
    [{ pg: '.' }, 'none', '2 instead'],
    [{ pg: '{{pg}}' }, 'none', '2 instead'],
    [{ pg: 'constructor' }, 'none', '2 instead'],
    [{ channelKey: 'key-9' }, 'none', '2 instead'],
    [{ channelKey: 'KEY-3' }, 'none', '2 instead'],
    [{ channelKey: 'key-9', pg: 'kcp_v2' }, 'none', '2 instead'],
  ])('that names %j gets %s in serve and %s in dev', (choice, serve, dev) => {
    expect([choose(choice, false), choose(choice, true)]).toEqual([serve, dev]);
  });

  it('gets none where there is none, in either', () => {
    for (const isForgiving of [false, true])
      for (const pg of [null, 'danal', 'x'])
        expect(
          chooseChannel(CHANNELS.slice(0, 1), { channelKey: null, pg }, { canServe, isForgiving }),
        ).toBeNull();
  });
});

describe('a result shows', () => {
  const shown = (provider: ProviderName, contract: Partial<Channel> = {}) =>
    Object.entries(shownMembers({ ...channel(1, provider, 'M'), ...contract }))
      .filter(([, isShown]) => isShown)
      .map(([member]) => member)
      .toSorted()
      .join(' ');

  it.each<[ProviderName, string]>([
    ['danal', 'di'],
    ['inicis', 'foreigner phone'],
    ['inicis_unified', 'foreigner phone'],
    ['kcp_v2', 'carrier di foreigner phone'],
  ])('of %s: %s', (provider, members) => {
    expect(shown(provider)).toBe(members);
  });

  it('of inicis_unified the DI too, when its own adapter made the result', () => {
    expect(shown('inicis_unified', { adapter: 'inicis-unified' })).toBe('di foreigner phone');
  });

  it('of danal what the contract adds, and each alone', () => {
    expect(shown('danal', { carrierApproval: true })).toBe('carrier di phone');
    expect(shown('danal', { foreignerAddOn: true })).toBe('di foreigner');
  });

  it('of the others the same, whatever danal would add', () => {
    for (const provider of PROVIDER_NAMES.filter((each) => each !== 'danal'))
      expect(shown(provider, { carrierApproval: true, foreignerAddOn: true })).toBe(shown(provider));
  });
});
