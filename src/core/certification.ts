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
import type { Channel } from './channel.ts';
import type { Identity } from './identity.ts';

export type CertificationState = 'pending' | 'certified' | 'failed' | 'expired';

export interface CertificationDetails {
  readonly merchantUid: string;
  readonly pageUrl: string | null;
  readonly providerTid: string | null;
  /** Before the state is `certified`: whom the request named, if it named somebody. Nobody vouched for it. */
  readonly identity: Identity | null;
}

export interface Certification extends CertificationDetails {
  readonly impUid: string;
  readonly channel: Channel;
  readonly state: CertificationState;
  readonly requestedAt: number;
  readonly certifiedAt: number | null;
}

/** What the sealed details of a record are bound to: sealed bytes moved to another record do not open. */
export function detailsContext(merchantId: number, impUid: string): string {
  return `certification.details ${merchantId} ${impUid}`;
}

type PackedIdentity = [
  name: string,
  birthday: string,
  gender: Identity['gender'],
  foreigner: boolean | null,
  phone: string | null,
  carrier: Identity['carrier'],
  mvno: boolean,
  ci: string | null,
  di: string | null,
];
type PackedDetails = [
  version: 1,
  merchantUid: string,
  pageUrl: string | null,
  providerTid: string | null,
  ...identity: PackedIdentity | [],
];

/** Details as ASCII text, the form in which they are sealed: a JSON array, since every lookup reads one. */
export function packDetails(details: CertificationDetails): string {
  const { identity } = details;
  const packed: PackedDetails = [
    1,
    details.merchantUid,
    details.pageUrl,
    details.providerTid,
    ...((identity === null
      ? []
      : [
          identity.name,
          identity.birthday,
          identity.gender,
          identity.foreigner,
          identity.phone,
          identity.carrier,
          identity.mvno,
          identity.ci,
          identity.di,
        ]) satisfies PackedIdentity | []),
  ];
  return JSON.stringify(packed).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The inverse of `packDetails`. */
export function unpackDetails(text: string): CertificationDetails {
  const packed = JSON.parse(text) as PackedDetails;
  const [
    ,
    merchantUid,
    pageUrl,
    providerTid,
    name,
    birthday,
    gender,
    foreigner,
    phone,
    carrier,
    mvno,
    ci,
    di,
  ] = packed;
  return {
    merchantUid,
    pageUrl,
    providerTid,
    identity:
      name === undefined
        ? null
        : ({ name, birthday, gender, foreigner, phone, carrier, mvno, ci, di } as Identity),
  };
}
