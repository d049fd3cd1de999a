import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AttemptLaunch, AttemptProgress } from './attempt.ts';
import { openAttempt, sealAttempt } from './attempt-rows.ts';
import type { StoredAttempt } from './attempt-store.ts';
import type { StoredCertification } from './certification.ts';
import { openCertification, sealCertification } from './certification-service.ts';
import type { Channel } from './channel.ts';
import { newDataKeys } from './key-ring.ts';
import type { Merchant, PageRules } from './merchant.ts';
import { claimantContext, digestOtp } from './otp.ts';
import {
  checkChannel,
  checkMerchant,
  checkToken,
  proveChannel,
  proveMerchant,
  proveToken,
} from './proofs.ts';
import type { TokenHolder } from './store.ts';
import { digestSecret } from './token-service.ts';
import { Vault } from './vault.ts';

/*
 * What a row is bound to, member by member. `Record<keyof …>` has a member that is new fail here until somebody has
 * said what becomes of it.
 */

const vault = new Vault(newDataKeys());
const unreadable = expect.objectContaining({ code: 'sealed_data_unreadable' });

function prove(more: Partial<Omit<Channel, 'proof'>> = {}): Channel {
  const channel = {
    id: 1,
    merchantId: 1,
    position: 0,
    channelKey: 'channel',
    provider: 'danal',
    providerMerchantId: 'CPID',
    carrierApproval: false,
    foreignerAddOn: false,
    minimumAge: 19,
    adapter: 'danal',
    settings: { keyId: 1, salt: new Uint8Array(32), blob: Uint8Array.of(1) },
    ...more,
  } as const;
  return { ...channel, proof: proveChannel(vault, channel) };
}
const channel = prove();
const elsewhere = prove({ channelKey: 'another' });

describe('the row of a merchant', () => {
  const pageRules: PageRules = {
    returnHosts: ['shop.example'],
    returnSchemes: [],
    origins: ['https://shop.example'],
    nullOrigin: false,
  };
  const merchant = { id: 1, name: '가상상점', userCode: 'imp00000001', pageRules, disabledAt: 5 };
  const row = { ...merchant, proof: proveMerchant(vault, merchant) };
  const otherRules: Record<keyof PageRules, PageRules> = {
    returnHosts: { ...pageRules, returnHosts: ['evil.example'] },
    returnSchemes: { ...pageRules, returnSchemes: ['evil'] },
    origins: { ...pageRules, origins: null },
    nullOrigin: { ...pageRules, nullOrigin: true },
    bindsBrowser: { ...pageRules, bindsBrowser: true },
    isTest: { ...pageRules, isTest: true },
  };
  const others: Record<keyof Merchant, Partial<Merchant>> = {
    id: { id: 2 },
    name: { name: '다른상점' },
    userCode: { userCode: 'imp00000002' },
    pageRules: { pageRules: otherRules.origins },
    disabledAt: { disabledAt: null },
    proof: { proof: new Uint8Array() },
  };

  it('is the one that was written', () => {
    expect(checkMerchant(vault, { ...row })).toEqual(row);
  });
  it.each(Object.entries(others))('is refused with another %s', (_member, other) => {
    expect(() => checkMerchant(vault, { ...row, ...other })).toThrow(unreadable);
  });
  it.each(Object.entries(otherRules))('is refused with other rules: %s', (_member, rules) => {
    expect(() => checkMerchant(vault, { ...row, pageRules: rules })).toThrow(unreadable);
  });
});

describe('the row of a channel', () => {
  const others: Record<Exclude<keyof Channel, 'id'>, Partial<Channel>> = {
    merchantId: { merchantId: 2 },
    position: { position: 1 },
    channelKey: { channelKey: 'another' },
    provider: { provider: 'kcp_v2' },
    providerMerchantId: { providerMerchantId: 'ANOTHER' },
    carrierApproval: { carrierApproval: true },
    foreignerAddOn: { foreignerAddOn: true },
    minimumAge: { minimumAge: null },
    adapter: { adapter: 'another' },
    settings: { settings: { ...channel.settings, blob: Uint8Array.of(2) } },
    proof: { proof: elsewhere.proof },
  };

  it('is the one that was written', () => {
    expect(checkChannel(vault, { ...channel })).toEqual(channel);
  });
  it.each(Object.entries(others))('is refused with another %s', (_member, other) => {
    expect(() => checkChannel(vault, { ...channel, ...other })).toThrow(unreadable);
  });
});

describe('the row of an access token', () => {
  const token = {
    apiKeyId: 1,
    merchantId: 1,
    nonce: Uint8Array.of(0, 0, 0, 1, 7),
    issuedAt: 1,
    expiresAt: 2,
  };
  const row = { ...token, proof: proveToken(vault, token, 'digest') };
  const others: Record<keyof TokenHolder, Partial<TokenHolder>> = {
    apiKeyId: { apiKeyId: 2 },
    merchantId: { merchantId: 2 },
    nonce: { nonce: Uint8Array.of(0, 0, 0, 1, 8) },
    issuedAt: { issuedAt: 2 },
    expiresAt: { expiresAt: 3 },
    proof: { proof: randomBytes(36) },
  };

  it('is the one that was written', () => {
    expect(() => checkToken(vault, { ...row }, 'digest')).not.toThrow();
  });
  it.each(Object.entries(others))('is refused with another %s', (_member, other) => {
    expect(() => checkToken(vault, { ...row, ...other }, 'digest')).toThrow(unreadable);
  });
  it('is refused when it was found by the digest of another one', () => {
    expect(() => checkToken(vault, { ...row }, 'another')).toThrow(unreadable);
  });
});

describe('the row of a certification', () => {
  const identity = {
    name: '심청',
    birthday: '2004-02-29',
    gender: null,
    foreigner: null,
    phone: null,
    carrier: null,
    mvno: false,
    ci: null,
    di: null,
  };
  const details = { merchantUid: 'order', pageUrl: null, providerTid: null };
  const record = { channel, requestedAt: 1000, ...details };
  const certified = sealCertification(vault, 'imp_000000000001', {
    ...record,
    state: 'certified',
    certifiedAt: 2000,
    identity,
  });
  const pending = sealCertification(vault, 'imp_000000000001', {
    ...record,
    state: 'pending',
    certifiedAt: null,
    identity: null,
  });
  const others: Record<Exclude<keyof StoredCertification, 'state' | 'slot'>, Partial<StoredCertification>> = {
    impUid: { impUid: 'imp_000000000002' },
    merchantId: { merchantId: 2 },
    channel: { channel: elsewhere },
    requestedAt: { requestedAt: 1001 },
    certifiedAt: { certifiedAt: 3000 },
    sealed: { sealed: pending.sealed },
  };

  it('is the one that was written', () => {
    expect(openCertification(vault, certified).details.identity?.name).toBe(String.raw`"\uc2ec\uccad"`);
    expect(openCertification(vault, pending).details.identity).toBeNull();
  });
  it.each(Object.entries(others))('is refused with another %s', (_member, other) => {
    expect(() => openCertification(vault, { ...certified, ...other })).toThrow(unreadable);
  });
  it('is refused with a channel that was altered', () => {
    const shows = { ...channel, carrierApproval: true };
    expect(() => openCertification(vault, { ...certified, channel: shows })).toThrow(unreadable);
  });
  it('is refused when it is called certified, or not certified any more', () => {
    for (const other of [
      { state: 'certified' },
      { certifiedAt: 2000 },
      { state: 'certified', certifiedAt: 2000 },
    ] as const)
      expect(() => openCertification(vault, { ...pending, ...other })).toThrow(unreadable);
    for (const other of [
      { state: 'pending' },
      { certifiedAt: null },
      { state: 'failed', certifiedAt: null },
    ] as const)
      expect(() => openCertification(vault, { ...certified, ...other })).toThrow(unreadable);
  });
  it('may be called failed or expired where nobody is in it', () => {
    for (const state of ['failed', 'expired'] as const)
      expect(openCertification(vault, { ...pending, state }).details.identity).toBeNull();
  });
});

describe('the row of an attempt', () => {
  const code = Uint8Array.of(0, 0, 0, 1, 5);
  const launch: AttemptLaunch = {
    window: 'popup',
    origin: null,
    returnAddress: null,
    merchantUid: 'order',
    serviceName: '가상상점',
  };
  const progress: AttemptProgress = {
    screen: 'code',
    minimumAge: null,
    offered: [],
    carrier: 'KT',
    network: 'KT',
    consent: null,
    method: 'SMS',
    prefill: { name: '', phone: '' },
    claimant: {
      name: '심청',
      birthday: '2004-02-29',
      gender: 'female',
      foreigner: false,
      phone: '01000000005',
      carrier: 'KT',
      mvno: false,
    },
    code: { sentAt: 5, digest: Buffer.from(code).toString('base64'), comparedBy: 'us', memo: null },
    providerTid: null,
    sends: 1,
    refusals: 0,
    agency: null,
  };
  const secrets = {
    ticket: Uint8Array.of(1),
    ticketUntil: 6,
    handle: Uint8Array.of(2),
    session: Uint8Array.of(3),
  };
  const bound = { impUid: 'imp_000000000001', merchantId: 1, channel, expiresAt: 9, secrets };
  const presence = { number: 0, state: 'gone', heardAt: 0 } as const;
  const sealed = sealAttempt(vault, bound, launch, progress);
  const row = { ...bound, step: 3, wrong: 0, code, back: null, end: null, presence, ...sealed };
  const others: Record<
    Exclude<keyof StoredAttempt, 'step' | 'secrets' | 'presence'>,
    Partial<StoredAttempt>
  > = {
    impUid: { impUid: 'imp_000000000002' },
    merchantId: { merchantId: 2 },
    channel: { channel: elsewhere },
    expiresAt: { expiresAt: 10 },
    wrong: { wrong: -1 },
    code: { code: Uint8Array.of(0, 0, 0, 1, 6) },
    back: { back: Uint8Array.of(9) },
    end: { end: '{"certified":false,"reason":"<b>","providerCode":null}' },
    launch: { launch: row.progress },
    progress: { progress: row.launch },
  };
  const otherSecrets: Record<keyof StoredAttempt['secrets'], Partial<StoredAttempt['secrets']>> = {
    ticket: { ticket: Uint8Array.of(4) },
    ticketUntil: { ticketUntil: 7 },
    handle: { handle: Uint8Array.of(4) },
    session: { session: null },
  };

  it('is the one that was written', () => {
    expect(openAttempt(vault, row)).toMatchObject({ launch, progress, end: null });
    const end = '{"certified":false,"reason":"USER_CANCEL","providerCode":"A1"}';
    expect(openAttempt(vault, { ...row, end, progress: null, code: null })).toMatchObject({
      progress: null,
      end: { certified: false, reason: 'USER_CANCEL', providerCode: 'A1' },
    });
  });
  it.each(Object.entries(others))('is refused with another %s', (_member, other) => {
    expect(() => openAttempt(vault, { ...row, ...other })).toThrow(unreadable);
  });
  it.each(Object.entries(otherSecrets))('is refused with another %s', (_member, other) => {
    expect(() => openAttempt(vault, { ...row, secrets: { ...secrets, ...other } })).toThrow(unreadable);
  });
  it('is refused with the same channel, of which the row was altered', () => {
    const altered = { ...channel, foreignerAddOn: !channel.foreignerAddOn };
    expect(() => openAttempt(vault, { ...row, channel: altered })).toThrow(unreadable);
  });
  it('is refused with no code where one was sent, one where none was, and no progress while it runs', () => {
    expect(() => openAttempt(vault, { ...row, code: null })).toThrow(unreadable);
    const uncoded = sealAttempt(vault, bound, launch, { ...progress, code: null });
    expect(openAttempt(vault, { ...row, ...uncoded, code: null }).progress?.code).toBeNull();
    expect(() => openAttempt(vault, { ...row, ...uncoded })).toThrow(unreadable);
    expect(() => openAttempt(vault, { ...row, progress: null })).toThrow(unreadable);
  });
  it.each([
    '',
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '{"certified":"yes"}',
    '{"certified":false}',
    '{"certified":false,"reason":"toString"}',
  ])('is refused with an end that nobody has written: %s', (end) => {
    expect(() => openAttempt(vault, { ...row, end })).toThrow(unreadable);
  });
});

describe('digests and contexts', () => {
  it('bind whom an OTP names to its certification, the method, the time, the code and the phone', () => {
    const certification = { merchantId: 1, impUid: 'imp_000000000001' };
    const sent = {
      method: 'SMS',
      sentAt: 5,
      digest: Uint8Array.of(1),
      phoneDigest: Uint8Array.of(2),
    } as const;
    const contexts = [
      claimantContext(certification, sent),
      claimantContext({ ...certification, merchantId: 2 }, sent),
      claimantContext({ ...certification, impUid: 'imp_000000000002' }, sent),
      claimantContext(certification, { ...sent, method: 'APP' }),
      claimantContext(certification, { ...sent, sentAt: 6 }),
      claimantContext(certification, { ...sent, digest: null }),
      claimantContext(certification, { ...sent, phoneDigest: Uint8Array.of(3) }),
    ];
    expect(new Set(contexts).size).toBe(contexts.length);
  });

  it('bind a code to its certification', () => {
    expect(digestOtp(vault, 'imp_000000000001', '123456')).toEqual(
      digestOtp(vault, 'imp_000000000001', '123456'),
    );
    expect(digestOtp(vault, 'imp_000000000001', '123456')).not.toEqual(
      digestOtp(vault, 'imp_000000000002', '123456'),
    );
  });

  it('bind a secret to its key and merchant', () => {
    const digest = digestSecret(vault, 1, 'key', 'secret');
    expect(digestSecret(vault, 1, 'key', 'secret')).toEqual(digest);
    expect(digestSecret(vault, 2, 'key', 'secret')).not.toEqual(digest);
    expect(digestSecret(vault, 1, 'another', 'secret')).not.toEqual(digest);
  });
});
