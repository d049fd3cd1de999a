import { type KeyObject, sign } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  Certificate,
  type Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509';

/** What whoever holds the authority's key could do: the same certificate with other extensions, signed by it. */
function forge(
  cert: string,
  key: KeyObject,
  alter: (extension: Extension) => Extension | null,
  selfIssued = false,
): string {
  const [first = ''] = /-----BEGIN CERTIFICATE-----[^-]+/.exec(cert) ?? [];
  const base64 = first.replaceAll(/-----[A-Z ]+-----|\s/g, '');
  const forged = AsnConvert.parse(Buffer.from(base64, 'base64'), Certificate);
  const { tbsCertificate } = forged;
  if (selfIssued) tbsCertificate.issuer = tbsCertificate.subject;
  tbsCertificate.extensions = new Extensions(
    [...(tbsCertificate.extensions ?? [])].map(alter).filter((extension) => extension !== null),
  );
  const signature = sign('sha256', new Uint8Array(AsnConvert.serialize(tbsCertificate)), key);
  forged.signatureValue = Uint8Array.from(signature).buffer;
  const text = Buffer.from(AsnConvert.serialize(forged)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
}

/** A server's certificate for another name. */
export function withName(cert: string, key: KeyObject, name: Partial<GeneralName>): string {
  return forge(cert, key, (extension) => {
    if (extension.extnID !== id_ce_subjectAltName) return extension;
    const names = new SubjectAlternativeName([new GeneralName(name)]);
    extension.extnValue = new OctetString(AsnConvert.serialize(names));
    return extension;
  });
}

/** An authority's certificate without its limit on names. */
export function withoutLimit(cert: string, key: KeyObject): string {
  return forge(cert, key, (extension) => (extension.extnID === id_ce_nameConstraints ? null : extension));
}

/** A certificate that names itself as its issuer, and nobody's key as its issuer's. */
export function asOwnRoot(cert: string, key: KeyObject): string {
  const alter = (extension: Extension) =>
    extension.extnID === id_ce_authorityKeyIdentifier ? null : extension;
  return forge(cert, key, alter, true);
}
