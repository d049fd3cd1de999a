import { type JsonText, quote } from '../../ascii-json.ts';
import type { Certification, PackedIdentity } from '../../core/certification.ts';
import { shownMembers } from '../../core/channel.ts';
import type { AccessToken } from '../../core/token-service.ts';
import { birthInstant } from './birth.ts';

/*
 * The JSON of version 1, written as text: members are in the contract's order. Sealed members are JSON text already and
 * are copied, so nothing is built only to be stringified.
 */

/** An internal time (milliseconds) in whole seconds. */
export function seconds(at: number): number {
  return Math.floor(at / 1000);
}

export function toAccessToken(issued: AccessToken): JsonText {
  return `{"access_token":"${issued.token}","now":${seconds(issued.now)},"expired_at":${seconds(issued.expiresAt)}}`;
}

const NULL: JsonText = 'null';

/** The certification object: members in alphabetical order, without `phone` and `carrier` where they are not shown. */
export function toCertification(certification: Certification): JsonText {
  const { certifiedAt } = certification;
  const { identity } = certification.details;
  return certification.state === 'certified' && identity !== null && certifiedAt !== null
    ? toCertified(certification, identity, certifiedAt)
    : toUncertified(certification);
}

function toCertified(certification: Certification, identity: PackedIdentity, certifiedAt: number): JsonText {
  const shown = shownMembers(certification.channel);
  const { details } = certification;
  const foreigner = shown.foreigner ? identity.foreigner : NULL;
  return (
    `{${birthMembers(identity)},` +
    (shown.carrier ? carrierMember(identity) : '') +
    `"certified":true,"certified_at":${seconds(certifiedAt)},` +
    `"foreigner":${foreigner === NULL ? 'false' : foreigner},"foreigner_v2":${foreigner},` +
    `"gender":${identity.gender},"imp_uid":${quote(certification.impUid)},"merchant_uid":${details.merchantUid},` +
    `"name":${identity.name},"origin":${details.pageUrl},"pg_provider":"${certification.channel.provider}",` +
    `"pg_tid":${details.providerTid},` +
    (shown.phone && identity.phone !== NULL ? `"phone":${identity.phone},` : '') +
    `"unique_in_site":${shown.di ? identity.di : NULL},` +
    `"unique_key":${identity.ci === NULL ? '""' : identity.ci}}`
  );
}

/** Those of nobody when the test host of an agency returned no birthday. */
function birthMembers({ birthday }: PackedIdentity): JsonText {
  return birthday === '""'
    ? '"birth":0,"birthday":null'
    : `"birth":${birthInstant(birthday)},"birthday":${birthday}`;
}

/** `"carrier":"SKT_MVNO",`, or an empty text if the provider returned no carrier. */
function carrierMember({ carrier, mvno }: PackedIdentity): JsonText {
  if (carrier === NULL) return '';
  return mvno === 'true' ? `"carrier":${carrier.slice(0, -1)}_MVNO",` : `"carrier":${carrier},`;
}

function toUncertified(certification: Certification): JsonText {
  const { merchantUid, pageUrl } = certification.details;
  return (
    `{"birth":0,"birthday":null,"certified":false,"certified_at":0,"foreigner":false,"foreigner_v2":null,` +
    `"gender":null,"imp_uid":${quote(certification.impUid)},"merchant_uid":${merchantUid},` +
    `"name":null,"origin":${pageUrl},"pg_provider":"${certification.channel.provider}",` +
    `"pg_tid":null,"unique_in_site":null,"unique_key":null}`
  );
}
