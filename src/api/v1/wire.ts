import type { Certification } from '../../core/certification.ts';
import type { Identity } from '../../core/identity.ts';
import type { AccessToken } from '../../core/token-service.ts';
import { quote } from '../../http/envelope.ts';
import { birthInstant } from './birth.ts';

/*
 * The JSON of version 1, written as text: members stand in the contract's order, every character is ASCII, a
 * slash is escaped. Lookups spend most of their own time here, so nothing is built only to be stringified.
 */

function quoteOrNull(text: string | null): string {
  return text === null ? 'null' : quote(text);
}

/** Whole seconds of a time inside. */
export function seconds(at: number): number {
  return Math.floor(at / 1000);
}

export function toAccessToken(issued: AccessToken): string {
  return `{"access_token":"${issued.token}","now":${seconds(issued.now)},"expired_at":${seconds(issued.expiresAt)}}`;
}

/** What a channel's contract with its provider lets a result show. */
interface Shown {
  readonly phone: boolean;
  readonly carrier: boolean;
  readonly foreigner: boolean;
  readonly di: boolean;
}

function shownBy({ channel }: Certification): Shown {
  switch (channel.provider) {
    case 'danal':
      return {
        phone: channel.carrierApproval,
        carrier: channel.carrierApproval,
        foreigner: channel.foreignerAddOn,
        di: true,
      };
    case 'inicis':
    case 'inicis_unified':
      return { phone: true, carrier: false, foreigner: true, di: false };
    case 'kcp_v2':
      return { phone: true, carrier: true, foreigner: true, di: true };
  }
}

/** The certification object: alphabetical, `phone` and `carrier` absent where they are not shown. */
export function toCertification(certification: Certification): string {
  const { identity, certifiedAt } = certification;
  return certification.state === 'certified' && identity !== null && certifiedAt !== null
    ? toCertified(certification, identity, certifiedAt)
    : toUncertified(certification);
}

function toCertified(certification: Certification, identity: Identity, certifiedAt: number): string {
  const shown = shownBy(certification);
  const { gender } = identity;
  const foreigner = shown.foreigner ? identity.foreigner : null;
  const carrier =
    shown.carrier && identity.carrier !== null
      ? `"carrier":"${identity.carrier}${identity.mvno ? '_MVNO' : ''}",`
      : '';
  const phone = shown.phone && identity.phone !== null ? `"phone":${quote(identity.phone)},` : '';
  return (
    `{"birth":${birthInstant(identity.birthday)},"birthday":"${identity.birthday}",${carrier}` +
    `"certified":true,"certified_at":${seconds(certifiedAt)},"foreigner":${foreigner ?? false},` +
    `"foreigner_v2":${foreigner},"gender":${gender === null ? 'null' : `"${gender}"`},` +
    `"imp_uid":${quote(certification.impUid)},"merchant_uid":${quote(certification.merchantUid)},` +
    `"name":${quote(identity.name)},"origin":${quoteOrNull(certification.pageUrl)},` +
    `"pg_provider":"${certification.channel.provider}","pg_tid":${quoteOrNull(certification.providerTid)},` +
    `${phone}"unique_in_site":${shown.di ? quoteOrNull(identity.di) : 'null'},` +
    `"unique_key":${quote(identity.ci ?? '')}}`
  );
}

function toUncertified(certification: Certification): string {
  return (
    `{"birth":0,"birthday":null,"certified":false,"certified_at":0,"foreigner":false,"foreigner_v2":null,` +
    `"gender":null,"imp_uid":${quote(certification.impUid)},"merchant_uid":${quote(certification.merchantUid)},` +
    `"name":null,"origin":${quoteOrNull(certification.pageUrl)},"pg_provider":"${certification.channel.provider}",` +
    `"pg_tid":null,"unique_in_site":null,"unique_key":null}`
  );
}
