/*
 * Terms
 *
 * certification  one attempt to verify one person (본인인증); proves nothing until certified
 * impUid         its id, issued here: `imp_` and 12 digits
 * merchantUid    the merchant's own number for it; echoed, not unique
 * channel        one merchant's configured use of one provider
 * providerTid    the provider's own number for it
 * identity       what the provider vouched for; only a certified one is ever shown
 * pageUrl        the page that started it; null when no page did
 * details        all of the above that is not needed to find the record; sealed in the store
 * erased         after erasing: the record and its key material are gone, its id stays used
 */
import { type JsonText, quote, toAsciiJson } from '../ascii-json.ts';
import type { Visitor } from './caller.ts';
import type { Channel } from './channel.ts';
import type { Identity } from './identity.ts';
import type { Sealed } from './vault.ts';

export type CertificationState = 'pending' | 'certified' | 'failed' | 'expired';

export interface CertificationDetails {
  readonly merchantUid: string;
  readonly pageUrl: string | null;
  readonly providerTid: string | null;
  /** Null until the state is `certified`. */
  readonly identity: Identity | null;
}

export interface Certification {
  readonly impUid: string;
  readonly channel: Channel;
  readonly state: CertificationState;
  readonly requestedAt: number;
  readonly certifiedAt: number | null;
  readonly details: PackedDetails;
  /**
   * Room for the answers that surfaces make of it, by the surface; they are dropped with it. Only in one that is
   * remembered.
   */
  readonly answers?: Partial<Record<Visitor['surface'], JsonText>>;
}

/**
 * What the sealed details of a record are bound to: sealed bytes moved to another record do not open, and neither do
 * those of a record that was moved to another channel or made a certified one. How a record without a person ended
 * (failed or expired) is not bound: it shows nobody either way.
 */
export function detailsContext(record: {
  readonly merchantId: number;
  readonly impUid: string;
  readonly channel: Channel;
  readonly requestedAt: number;
  readonly certifiedAt: number | null;
}): string {
  const { merchantId, impUid, channel, requestedAt, certifiedAt } = record;
  return `["details",${merchantId},${quote(impUid)},${quote(channel.channelKey)},${requestedAt},${certifiedAt}]`;
}

/**
 * Details in the form in which they are sealed: each member as JSON text. A lookup copies them unchanged into its
 * answer; `unpackDetails` returns the values.
 */
export interface PackedDetails {
  readonly merchantUid: JsonText;
  readonly pageUrl: JsonText;
  readonly providerTid: JsonText;
  readonly identity: PackedIdentity | null;
}

export type PackedIdentity = { readonly [Member in keyof Identity]: JsonText };

/** Stands first in what is sealed, so that another order of the lines can be told apart some day. */
const LAYOUT = '1';

/** Details as one ASCII text: a line for each member, since JSON text holds no line break. */
export function packDetails({ merchantUid, pageUrl, providerTid, identity }: CertificationDetails): string {
  const lines: unknown[] = [merchantUid, pageUrl, providerTid];
  if (identity !== null) {
    const { name, birthday, gender, foreigner, phone, carrier, mvno, ci, di } = identity;
    lines.push(name, birthday, gender, foreigner, phone, carrier, mvno, ci, di);
  }
  return [LAYOUT, ...lines.map(toAsciiJson)].join('\n');
}

/** The lines of `packDetails` by name. */
export function splitDetails(text: string): PackedDetails {
  const lines = text.split('\n') as [string, string, string, string, ...string[]];
  return {
    merchantUid: lines[1],
    pageUrl: lines[2],
    providerTid: lines[3],
    identity: lines.length === 4 ? null : splitIdentity(lines as unknown as FullLines),
  };
}

type FullLines = { readonly [Line in 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12]: JsonText };

function splitIdentity(lines: FullLines): PackedIdentity {
  return {
    name: lines[4],
    birthday: lines[5],
    gender: lines[6],
    foreigner: lines[7],
    phone: lines[8],
    carrier: lines[9],
    mvno: lines[10],
    ci: lines[11],
    di: lines[12],
  };
}

/** The values of packed details. */
export function unpackDetails({ identity, ...rest }: PackedDetails): CertificationDetails {
  return { ...parseMembers(rest), identity: identity && parseMembers(identity) } as CertificationDetails;
}

function parseMembers(members: Readonly<Record<string, JsonText>>): object {
  return Object.fromEntries(Object.entries(members).map(([name, json]) => [name, JSON.parse(json)]));
}

/**
 * Holds the opened form of a row that a store keeps in memory. Code that drops or replaces the row empties the slot, so
 * that the person is gone at once.
 */
export interface OpenedSlot {
  opened: Certification | null;
}

/** A certification as a store keeps it: what it says about the person and the page is sealed bytes. */
export interface StoredCertification {
  readonly impUid: string;
  readonly merchantId: number;
  readonly channel: Channel;
  readonly state: CertificationState;
  readonly requestedAt: number;
  readonly certifiedAt: number | null;
  readonly sealed: Sealed;
  /** In a row that the store keeps in memory; absent in others. */
  readonly slot?: OpenedSlot;
}
