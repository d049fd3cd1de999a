import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import type { TlsOptions } from '../../http/tls.ts';

/** The hosts that unmodified clients call: of the API, and of the script and its calls in front ends. */
const FIXED_HOSTS = ['api.iamport.kr', 'cdn.iamport.kr', 'service.iamport.kr'];

/** Every name that the sandbox may have; the authority cannot sign for another one. */
const DNS_NAMES = ['localhost', ...FIXED_HOSTS];
const ADDRESSES = [
  { address: '127.0.0.1', alone: '127.0.0.1/32' },
  { address: '::1', alone: '::1/128' },
];

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const ORGANIZATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';

const DAY = 86_400_000;
/** A client's clock may be a little behind. */
const BACKDATED = DAY;
const AUTHORITY_LIFE = 3650 * DAY;
/** Clients accept no longer lifetime for a server's certificate. */
const LEAF_LIFE = 397 * DAY;

/** P-256: the curve that every TLS stack of the last fifteen years supports. */
export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** The parts of an authority that are kept after its creation, for this machine and the API's hosts. */
export interface AuthorityParts {
  /** What clients trust, as PEM text. Its key does not exist any more. */
  readonly root: string;
  /** Signed by the root, and signs servers' certificates; as PEM text. */
  readonly issuer: string;
  /** The issuer's key. */
  readonly key: KeyObject;
}

/**
 * Creates an authority that can only sign for the sandbox's names: its certificates have critical X.509 name
 * constraints. Some clients, such as Java's, ignore constraints in a root, because they were told to trust it. So the
 * root signs one issuer with the same constraints, and then its key is discarded.
 */
export function newAuthority(now: number): AuthorityParts {
  const rootKey = newKey();
  const key = newKey();
  // Each has a name of its own, because trust stores find issuers by name.
  const mark = keyIdOf(createPublicKey(rootKey)).toString('hex').slice(0, 8);
  const rootName = nameOf(`Bonin sandbox authority ${mark}`);
  const signIssuing = (subject: Name, publicKey: KeyObject, pathLenConstraint: number) =>
    signCertificate({
      subject,
      issuer: rootName,
      publicKey,
      signer: rootKey,
      notBefore: now - BACKDATED,
      notAfter: now + AUTHORITY_LIFE,
      extensions: [
        extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint })),
        extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.keyCertSign)),
        extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
        nameConstraints(),
        subjectKeyId(publicKey),
        authorityKeyId(rootKey),
      ],
    });
  return {
    root: signIssuing(rootName, createPublicKey(rootKey), 1),
    issuer: signIssuing(nameOf(`Bonin sandbox issuer ${mark}`), createPublicKey(key), 0),
    key,
  };
}

/**
 * A new server key with its certificates, followed by the issuer's. Clients that ask for a host name get a certificate
 * without addresses, because OpenSSL before 1.1 and BoringSSL cannot check constraints on addresses and refuse them.
 */
export function signLeaf(
  { issuer, key: signer }: Pick<AuthorityParts, 'issuer' | 'key'>,
  now: number,
): TlsOptions {
  const key = newKey();
  const publicKey = createPublicKey(key);
  const { subject, validity } = decode(issuer).tbsCertificate;
  const hosts = DNS_NAMES.map((dNSName) => new GeneralName({ dNSName }));
  const addresses = ADDRESSES.map(({ address }) => new GeneralName({ iPAddress: address }));
  const signFor = (names: GeneralName[]) =>
    signCertificate({
      subject: nameOf('localhost'),
      issuer: subject,
      publicKey,
      signer,
      notBefore: now - BACKDATED,
      notAfter: Math.min(now - BACKDATED + LEAF_LIFE, validity.notAfter.getTime().getTime()),
      extensions: [
        extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: false })),
        extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.digitalSignature)),
        extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
        extension(id_ce_subjectAltName, false, new SubjectAlternativeName(names)),
        subjectKeyId(publicKey),
        authorityKeyId(signer),
      ],
    });
  const pem = toPem(key);
  const named = { key: pem, cert: signFor(hosts) + issuer };
  return {
    key: pem,
    cert: signFor([...hosts, ...addresses]) + issuer,
    named: Object.fromEntries(DNS_NAMES.map((host) => [host, named])),
  };
}

/** Whether a certificate has exactly the sandbox's name constraints, marked critical. */
export function isLimitedToSandbox(cert: string): boolean {
  const found = decode(cert).tbsCertificate.extensions?.find(
    ({ extnID }) => extnID === id_ce_nameConstraints,
  );
  const wanted = nameConstraints().extnValue.buffer;
  return found?.critical === true && Buffer.from(found.extnValue.buffer).equals(Buffer.from(wanted));
}

/** A private key as PKCS #8 PEM text. */
export function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

interface CertificateParts {
  readonly subject: Name;
  readonly issuer: Name;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: Extension[];
}

function signCertificate(parts: CertificateParts): string {
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: newSerialNumber(),
    signature: algorithm,
    issuer: parts.issuer,
    subject: parts.subject,
    // X.509 times have whole seconds only.
    validity: new Validity({
      notBefore: new Date(parts.notBefore - (parts.notBefore % 1000)),
      notAfter: new Date(parts.notAfter - (parts.notAfter % 1000)),
    }),
    subjectPublicKeyInfo: AsnConvert.parse(
      parts.publicKey.export({ type: 'spki', format: 'der' }),
      SubjectPublicKeyInfo,
    ),
    extensions: new Extensions(parts.extensions),
  });
  const signature = sign('sha256', new Uint8Array(AsnConvert.serialize(tbsCertificate)), parts.signer);
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: Uint8Array.from(signature).buffer,
  });
  const lines = Buffer.from(AsnConvert.serialize(certificate))
    .toString('base64')
    .match(/.{1,64}/g);
  return `-----BEGIN CERTIFICATE-----\n${lines?.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function decode(cert: string): Certificate {
  const base64 = cert.replaceAll(/-----[A-Z ]+-----|\s/g, '');
  return AsnConvert.parse(Buffer.from(base64, 'base64'), Certificate);
}

function nameConstraints(): Extension {
  const permitted = [
    ...DNS_NAMES.map((dNSName) => new GeneralName({ dNSName })),
    ...ADDRESSES.map(({ alone }) => new GeneralName({ iPAddress: alone })),
  ];
  const permittedSubtrees = new GeneralSubtrees(permitted.map((base) => new GeneralSubtree({ base })));
  return extension(id_ce_nameConstraints, true, new NameConstraints({ permittedSubtrees }));
}

function subjectKeyId(publicKey: KeyObject): Extension {
  return extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdOf(publicKey)));
}

function authorityKeyId(signer: KeyObject): Extension {
  const keyIdentifier = new KeyIdentifier(keyIdOf(createPublicKey(signer)));
  return extension(id_ce_authorityKeyIdentifier, false, new AuthorityKeyIdentifier({ keyIdentifier }));
}

function extension(extnID: string, critical: boolean, value: object): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function nameOf(commonName: string): Name {
  return new Name(
    [
      { type: ORGANIZATION, text: 'Bonin sandbox' },
      { type: COMMON_NAME, text: commonName },
    ].map(
      ({ type, text }) =>
        new RelativeDistinguishedName([
          new AttributeTypeAndValue({ type, value: new AttributeValue({ printableString: text }) }),
        ]),
    ),
  );
}

/** 127 random bits: positive, and never with a leading zero byte, which some parsers refuse. */
function newSerialNumber(): ArrayBuffer {
  const bytes = Uint8Array.from(randomBytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.buffer;
}
