import { createHash, createHmac } from 'node:crypto';
import type { Change } from './changes.ts';
import type { Cell, Edit, Row } from './engine.ts';
import type { NamedTable, Rows } from './rows.ts';
import { NOW } from './world.ts';

/** What the attacker made up: a token, and the ticket, session and handle of an attempt. */
export const MADE_UP = {
  token: 'c0ffee'.padEnd(40, '0'),
  secret: 'made-up-by-the-attacker'.padEnd(43, '_'),
} as const;

/** What was in a row before, of which the attacker kept a part. */
export interface Kept {
  /** `code_digest` of `A other number` when the code was one that the attacker knows. */
  readonly olderCode: Cell;
}

const DAY = 86_400_000;
const CERTIFIED_END = '{"certified":true}';

/** What somebody would try who has the database and not the master key. */
export function forgeries(rows: Rows, { olderCode }: Kept): readonly Change[] {
  const forge = (name: string, ...edits: readonly Edit[]): Change => ({ name, table: null, edits });
  const set = (table: NamedTable, name: string, values: Readonly<Record<string, Cell>>): Edit => {
    const from = rows.named(table, name);
    return { table, from, to: { ...from, ...values } };
  };
  const cell = (row: Row, column: string): Cell => row[column] ?? null;
  const copy = (row: Row, ...columns: readonly string[]) =>
    Object.fromEntries(columns.map((column) => [column, cell(row, column)]));
  const [a, b, c] = [rows.merchant('A'), rows.merchant('B'), rows.merchant('C')];
  const idOf = (row: Row) => cell(row, 'id');
  const move = (name: string, channelKey: string, merchant: Row) =>
    set('certifications', name, { merchant_id: idOf(merchant), channel_id: idOf(rows.channel(channelKey)) });

  return [
    // Who somebody is.
    forge(
      'the user codes of two merchants exchanged, and a key with them',
      set('merchants', 'A', { user_code: cell(b, 'user_code') }),
      set('merchants', 'B', { user_code: cell(a, 'user_code') }),
      set('api_keys', 'B1', { merchant_id: idOf(a) }),
    ),
    forge(
      'the rows of two merchants exchanged',
      set('merchants', 'A', { ...b, id: idOf(a) }),
      set('merchants', 'B', { ...a, id: idOf(b) }),
    ),
    ...(['B1', 'B2'] as const).map((key) =>
      forge(`the key ${key} given to the other merchant`, set('api_keys', key, { merchant_id: idOf(a) })),
    ),
    forge(
      'a key given to the other merchant, and its token',
      set('api_keys', 'B1', { merchant_id: idOf(a) }),
      set('access_tokens', 'B1', copy(rows.token('A1'), 'proof')),
    ),
    forge(
      'the secrets of two keys exchanged',
      set('api_keys', 'A1', copy(rows.key('B1'), 'secret_digest')),
      set('api_keys', 'B1', copy(rows.key('A1'), 'secret_digest')),
    ),
    forge(
      'the secret of one key for another of the same merchant',
      set('api_keys', 'A4', copy(rows.key('A1'), 'secret_digest')),
    ),
    forge('a revoked key called alive', set('api_keys', 'A3', { revoked_at: null })),
    forge(
      'a revoked key called alive, with the secret of another',
      set('api_keys', 'A3', { revoked_at: null, ...copy(rows.key('A1'), 'secret_digest') }),
    ),
    forge('a disabled merchant called alive', set('merchants', 'C', { disabled_at: null })),
    forge(
      'a disabled merchant called alive, with the proof of another',
      set('merchants', 'C', { disabled_at: null, ...copy(a, 'proof') }),
    ),
    forge('a key of a disabled merchant given to another', set('api_keys', 'C1', { merchant_id: idOf(b) })),
    forge(
      'evil pages may start',
      set('merchants', 'A', { page_rules: pageRules(['https://evil.example'], ['evil.example']) }),
    ),
    forge(
      'evil pages may start, and no proof',
      set('merchants', 'A', { page_rules: pageRules(null, ['evil.example']), proof: Buffer.alloc(0) }),
    ),

    // Tokens.
    forge(
      'the digests of two tokens exchanged',
      set('access_tokens', 'A1', copy(rows.token('B1'), 'digest')),
      set('access_tokens', 'B1', copy(rows.token('A1'), 'digest')),
    ),
    forge(
      "one's own token's digest in the place of another's",
      set('access_tokens', 'A1', copy(rows.token('B1'), 'digest')),
      { table: 'access_tokens', from: rows.token('B1') },
    ),
    forge(
      'the tokens of two keys exchanged',
      set('access_tokens', 'A1', { ...rows.token('B1'), api_key_id: cell(rows.token('A1'), 'api_key_id') }),
      set('access_tokens', 'B1', { ...rows.token('A1'), api_key_id: cell(rows.token('B1'), 'api_key_id') }),
    ),
    ...plantedTexts().map(([how, digest]) =>
      forge(`a made up token: ${how}`, set('access_tokens', 'A1', { digest })),
    ),
    ...plantedTexts().map(([how, digest]) =>
      forge(`a made up token for a key without one: ${how}`, {
        table: 'access_tokens',
        to: { ...rows.token('A1'), digest, api_key_id: idOf(rows.key('A4')), expires_at: NOW + DAY },
      }),
    ),
    forge('a token that lives on', set('access_tokens', 'A2', { expires_at: NOW + DAY })),
    forge(
      'a token that lives on, as if it had been issued now',
      set('access_tokens', 'A2', { issued_at: NOW, expires_at: NOW + DAY }),
    ),
    forge(
      'a token that lives on with the proof of another',
      set('access_tokens', 'A2', { expires_at: NOW + DAY, ...copy(rows.token('A1'), 'proof') }),
    ),

    // Results.
    ...(
      ['A approved', 'A plain', 'A confirmed', 'A certified, on the page', 'A other shape'] as const
    ).flatMap((name) => [
      forge(`${name} moved to the other merchant`, move(name, 'b-approved', b)),
      forge(
        `${name} moved to the other merchant, not its channel`,
        set('certifications', name, { merchant_id: idOf(b) }),
      ),
      forge(
        `${name} moved to a channel that shows more`,
        set('certifications', name, { channel_id: idOf(rows.channel('a-kcp')) }),
      ),
      forge(
        `${name} under the id of one of the other merchant`,
        { table: 'certifications', from: rows.of('certifications', 'B approved') },
        set(
          'certifications',
          name,
          copy(rows.of('certifications', 'B approved'), 'id', 'merchant_id', 'channel_id'),
        ),
      ),
      forge(
        `what is sealed of ${name} in a row of the other merchant`,
        set(
          'certifications',
          'B approved',
          copy(rows.of('certifications', name), 'salt', 'sealed', 'key_id'),
        ),
      ),
      forge(
        `what is sealed of ${name} and its times in a row of the other merchant`,
        set(
          'certifications',
          'B approved',
          copy(rows.of('certifications', name), 'salt', 'sealed', 'key_id', 'requested_at', 'certified_at'),
        ),
      ),
      forge(
        `${name} certified an hour before`,
        set('certifications', name, {
          certified_at: Number(cell(rows.of('certifications', name), 'certified_at')) - 3_600_000,
        }),
      ),
      forge(`${name} certified now`, set('certifications', name, { certified_at: NOW })),
    ]),
    ...(
      [
        'A SMS',
        'A failed',
        'A superseded',
        'A expired',
        'A late',
        'A at the code, on the page',
        'A cancelled, on the page',
      ] as const
    ).flatMap((name) => [
      forge(
        `${name} called certified`,
        set('certifications', name, { state: 'certified', certified_at: NOW }),
      ),
      forge(
        `${name} called certified, with what is sealed of another`,
        set('certifications', name, {
          state: 'certified',
          certified_at: NOW,
          ...copy(rows.of('certifications', 'A approved'), 'salt', 'sealed', 'key_id'),
        }),
      ),
      forge(
        `${name} called certified, all like another`,
        set('certifications', name, {
          ...rows.of('certifications', 'A approved'),
          id: idOf(rows.of('certifications', name)),
        }),
      ),
      forge(`${name} called pending`, set('certifications', name, { state: 'pending', certified_at: null })),
    ]),
    forge(
      'another shape for the id of the other merchant',
      set('other_ids', 'A other shape', { id: -4242 }),
      set('other_ids', 'B other shape', { id: idOf(rows.otherId('A other shape')) }),
    ),
    forge(
      'the ids of other shapes exchanged',
      set('other_ids', 'A other shape', { id: idOf(rows.otherId('B other shape')) }),
      set('other_ids', 'B other shape', { id: idOf(rows.otherId('A other shape')) }),
    ),
    forge('an erasure taken back', { table: 'erasures', from: rows.of('erasures', 'A erased') }),
    forge('an erased one like another', {
      table: 'certifications',
      to: { ...rows.of('certifications', 'A approved'), id: idOf(rows.of('erasures', 'A erased')) },
    }),
    forge('an erasure of one that is there', {
      table: 'erasures',
      to: { ...rows.of('erasures', 'A erased'), id: idOf(rows.of('certifications', 'A approved, another')) },
    }),

    // Channels.
    ...[
      { carrier_approval: 1 },
      { foreigner_add_on: 1 },
      { carrier_approval: 1, foreigner_add_on: 1, provider: 'kcp_v2' },
      { provider: '__proto__' },
      copy(rows.channel('a-approved'), 'carrier_approval', 'foreigner_add_on', 'proof'),
    ].map((values, at) => forge(`a channel shows more, ${at + 1}`, set('channels', 'a-plain', values))),
    ...[
      { minimum_age: null },
      { minimum_age: 0 },
      { minimum_age: null, ...copy(rows.channel('a-approved'), 'proof') },
    ].map((values, at) => forge(`a channel for everybody, ${at + 1}`, set('channels', 'a-adults', values))),
    forge(
      'two channels exchanged',
      set('channels', 'a-adults', { ...rows.channel('a-approved'), id: idOf(rows.channel('a-adults')) }),
      set('channels', 'a-approved', { ...rows.channel('a-adults'), id: idOf(rows.channel('a-approved')) }),
    ),
    forge(
      'the numbers of two channels exchanged',
      set('channels', 'a-plain', { id: idOf(rows.channel('a-approved')) }),
      set('channels', 'a-approved', { id: idOf(rows.channel('a-plain')) }),
    ),
    forge('a channel of the other merchant', set('channels', 'b-approved', { merchant_id: idOf(a) })),
    forge('another channel is the default', set('channels', 'a-plain', { position: -1 })),

    // Codes.
    ...(['A SMS', 'A SMS at kcp', 'A minor'] as const).flatMap((name) => [
      forge(
        `the code of ${name} is one that others know`,
        set('otps', name, copy(rows.of('otps', 'A of an accomplice by OTP'), 'digest')),
      ),
      forge(
        `whom ${name} names is whom others named`,
        set('otps', name, copy(rows.of('otps', 'A of an accomplice by OTP'), 'salt', 'sealed', 'key_id')),
      ),
      forge(`${name} by the app`, set('otps', name, { method: 'APP' })),
      forge(
        `all of ${name} like another`,
        set('otps', name, {
          ...rows.of('otps', 'A of an accomplice by OTP'),
          id: idOf(rows.of('otps', name)),
        }),
      ),
      forge(
        `${name} claimed for ever`,
        set('certifications', name, { claim: Buffer.alloc(16), claimed_until: NOW + 100 * DAY }),
      ),
      forge(
        `${name} claimed, nobody says until when`,
        set('certifications', name, { claim: Buffer.alloc(16), claimed_until: null }),
      ),
      forge(`${name} has had its tries`, set('otps', name, { wrong: 5 })),
    ]),
    forge(
      'a failed OTP is open again',
      set('certifications', 'A failed', { state: 'pending' }),
      set('otps', 'A failed', { ended: null, wrong: 0 }),
    ),
    forge(
      'a failed OTP is open again, like another',
      set('certifications', 'A failed', { state: 'pending' }),
      set('otps', 'A failed', {
        ...rows.of('otps', 'A of an accomplice by OTP'),
        id: idOf(rows.of('otps', 'A failed')),
      }),
    ),
    forge(
      'a superseded OTP is open again',
      set('certifications', 'A superseded', { state: 'pending' }),
      set('otps', 'A superseded', { ended: null }),
    ),
    forge('a late OTP is in time', set('otps', 'A late', { sent_at: NOW - 1000 })),
    forge('an OTP for a certification of the page', {
      table: 'otps',
      to: {
        ...rows.of('otps', 'A of an accomplice by OTP'),
        id: idOf(rows.of('certifications', 'A at the code, on the page')),
      },
    }),
    forge('an OTP for a certification of another shape', {
      table: 'otps',
      to: {
        ...rows.of('otps', 'A of an accomplice by OTP'),
        id: idOf(rows.of('certifications', 'A other shape, pending')),
      },
    }),

    // The page.
    forge(
      'an older code of the same attempt',
      set('attempts', 'A other number, on the page', { code_digest: olderCode }),
    ),
    ...(
      ['A at the code', 'A at the person', 'A cancelled', 'A in the app', 'A past its time'] as const
    ).flatMap((name) => [
      forge(`${name}: ended well`, set('attempts', `${name}, on the page`, { ended: CERTIFIED_END })),
      forge(
        `${name}: ended well, and called certified`,
        set('attempts', `${name}, on the page`, { ended: CERTIFIED_END }),
        set('certifications', `${name}, on the page`, { state: 'certified', certified_at: NOW }),
      ),
      forge(
        `${name}: ended with a word of the attacker's`,
        set('attempts', `${name}, on the page`, {
          ended: '{"certified":false,"reason":"<b>","providerCode":"<i>"}',
        }),
      ),
      forge(
        `${name}: not ended`,
        set('attempts', `${name}, on the page`, { ended: null, expires_at: NOW + DAY, wrong: 0 }),
      ),
      forge(
        `${name}: an hour more`,
        set('attempts', `${name}, on the page`, { expires_at: NOW + 3_600_000 }),
      ),
      ...(['session', 'ticket', 'handle'] as const).flatMap((kind) => [
        ...plantedBytes(kind).map(([how, digest]) =>
          forge(
            `${name}: a made up ${kind}: ${how}`,
            set('attempts', `${name}, on the page`, { [`${kind}_digest`]: digest }),
          ),
        ),
        forge(
          `${name}: the ${kind} of the other merchant's`,
          set(
            'attempts',
            `${name}, on the page`,
            copy(rows.of('attempts', 'B at the code, on the page'), `${kind}_digest`),
          ),
          { table: 'attempts', from: rows.of('attempts', 'B at the code, on the page') },
        ),
        forge(
          `${name}: the ${kind} of an accomplice's`,
          set(
            'attempts',
            `${name}, on the page`,
            copy(rows.of('attempts', 'A of an accomplice, on the page'), `${kind}_digest`),
          ),
          { table: 'attempts', from: rows.of('attempts', 'A of an accomplice, on the page') },
        ),
      ]),
      forge(
        `${name}: its ticket may be used again`,
        set('attempts', `${name}, on the page`, { session_digest: null, ticket_until: NOW + DAY }),
      ),
      forge(
        `${name}: as an accomplice has walked`,
        set(
          'attempts',
          `${name}, on the page`,
          copy(
            rows.of('attempts', 'A of an accomplice, on the page'),
            'progress_key_id',
            'progress_salt',
            'progress_sealed',
            'code_digest',
          ),
        ),
      ),
      forge(
        `${name}: on another channel`,
        set('attempts', `${name}, on the page`, { channel_id: idOf(rows.channel('a-plain')) }),
      ),
    ]),
    forge(
      'the ids of two attempts in the app exchanged',
      set(
        'attempts',
        'A in the app, on the page',
        copy(rows.of('attempts', 'A in the app, another, on the page'), 'id'),
      ),
      set(
        'attempts',
        'A in the app, another, on the page',
        copy(rows.of('attempts', 'A in the app, on the page'), 'id'),
      ),
    ),
    forge(
      'a minor on another channel',
      set('attempts', 'A minor at the code, on the page', { channel_id: idOf(rows.channel('a-approved')) }),
      set('certifications', 'A minor at the code, on the page', {
        channel_id: idOf(rows.channel('a-approved')),
      }),
    ),
    forge(
      'a minor on another channel, by OTP',
      set('certifications', 'A minor', { channel_id: idOf(rows.channel('a-approved')) }),
    ),
    forge(
      'attempts of the other merchant',
      set('attempts', 'A at the person, on the page', { merchant_id: idOf(b) }),
    ),
    forge(
      'a disabled merchant owns what another has',
      ...['A approved', 'A kcp'].map((name) => set('certifications', name, { merchant_id: idOf(c) })),
    ),
  ];
}

function pageRules(origins: readonly string[] | null, returnHosts: readonly string[]): string {
  return JSON.stringify({ returnHosts, returnSchemes: [], origins, nullOrigin: true });
}

/** Digests of a secret that can be made without the master key. */
function digestsOf(purpose: string, secret: string): readonly (readonly [string, Buffer])[] {
  const sha256 = createHash('sha256').update(secret).digest();
  const hmac = createHmac('sha256', Buffer.alloc(32)).update(`${purpose}\0${secret}`).digest();
  return [
    ['SHA-256', sha256],
    ['SHA-256 after the number of a key', Buffer.concat([Buffer.of(0, 0, 0, 2), sha256])],
    ['HMAC under no key', Buffer.concat([Buffer.of(0, 0, 0, 2), hmac])],
  ];
}

function plantedBytes(kind: 'ticket' | 'session' | 'handle') {
  return digestsOf(`page ${kind}`, MADE_UP.secret);
}

function plantedTexts(): readonly (readonly [string, string])[] {
  return digestsOf('access token', MADE_UP.token).map(([how, digest]) => [how, digest.toString('hex')]);
}
