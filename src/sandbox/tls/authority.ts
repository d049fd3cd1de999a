import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { createFile } from '../../files/new-file.ts';
import { readTrustedText, requireTrustedFolder } from '../../files/trusted-file.ts';
import type { TlsOptions } from '../../http/tls.ts';
import { type AuthorityParts, isLimitedToSandbox, newAuthority, signLeaf, toPem } from './certificates.ts';

/** The sandbox's own small certificate authority, which a developer's client must trust once. */
export interface Authority {
  /** File of the certificate, to give to clients. */
  readonly file: string;
  /** The same as PEM text. */
  readonly cert: string;
  /** Creates a new key for the server, with certificates. */
  issue(): TlsOptions;
  /** Removes files that are only for this run. */
  close(): void;
}

export interface AuthorityFiles {
  /** What clients are told to trust. */
  readonly certificate: string;
  /** What signs, readable only for its owner: the issuer's key, its certificate and the root's. */
  readonly key: string;
}

const KEY = { secret: true, dev: true };
const CERTIFICATE = { dev: true };
const REMAKE = 'remove authority.crt and authority.key to have a new one made, which clients must then trust';

/**
 * Opens the authority of a data folder, or creates it at the first use. Refuses a key that others may read or change,
 * and certificates that do not belong to it or may sign for other names than the sandbox's.
 */
export function openAuthority({ certificate, key: keyFile }: AuthorityFiles): Authority {
  if (existsSync(certificate) && !existsSync(keyFile))
    throw refuse(keyFile, `is missing beside ${certificate}; ${REMAKE}`);
  const parts = attempt(keyFile, () => {
    if (!existsSync(keyFile)) createFile(keyFile, format(newAuthority(Date.now())), 0o600, KEY);
    return parse(keyFile, readTrustedText(keyFile, KEY));
  });
  attempt(certificate, () => {
    // An interrupted start may have left only the key.
    if (!existsSync(certificate)) createFile(certificate, parts.root, 0o644, CERTIFICATE);
    if (!isSame(readTrustedText(certificate, CERTIFICATE), parts.root))
      throw refuse(certificate, `is not the certificate that authority.key belongs to; ${REMAKE}`);
  });
  return { file: certificate, cert: parts.root, issue: () => signLeaf(parts, Date.now()), close() {} };
}

/** An authority for one run: the certificate is in a temporary folder of its own, the key is only in memory. */
export function createPassingAuthority(): Authority {
  const parts = newAuthority(Date.now());
  const { folder, file } = attempt(tmpdir(), () => {
    // Clients are told to trust the file there.
    requireTrustedFolder(tmpdir(), CERTIFICATE);
    const made = mkdtempSync(join(tmpdir(), 'bonin-authority-'));
    const certificate = join(made, 'authority.crt');
    writeFileSync(certificate, parts.root, { mode: 0o644 });
    return { folder: made, file: certificate };
  });
  return {
    file,
    cert: parts.root,
    issue: () => signLeaf(parts, Date.now()),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function format({ key, issuer, root }: AuthorityParts): string {
  return toPem(key) + issuer + root;
}

function parse(file: string, text: string): AuthorityParts {
  const [keyText = '', issuer = '', root = ''] = text.split(/(?=-----BEGIN CERTIFICATE)/);
  let key: KeyObject;
  let fault: string | null;
  try {
    key = createPrivateKey(keyText);
    fault = faultOf(key, issuer, root);
  } catch (cause) {
    throw refuse(file, `is not the key of an authority; ${REMAKE}`, cause);
  }
  if (fault !== null) throw refuse(file, `${fault}; ${REMAKE}`);
  return { key, issuer, root };
}

function faultOf(key: KeyObject, issuerText: string, rootText: string): string | null {
  const [issuer, root] = [new X509Certificate(issuerText), new X509Certificate(rootText)];
  if (!issuer.checkPrivateKey(key) || !issuer.verify(root.publicKey) || !issuer.checkIssued(root))
    return 'holds a key and certificates that do not belong together';
  if (![issuerText, rootText].every(isLimitedToSandbox)) return "is not limited to the sandbox's names";
  const now = Date.now();
  if (now < issuer.validFromDate.getTime() || now >= issuer.validToDate.getTime())
    return 'is not valid at this time';
  return null;
}

function isSame(text: string, root: string): boolean {
  try {
    return new X509Certificate(text).fingerprint256 === new X509Certificate(root).fingerprint256;
  } catch {
    return false;
  }
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw refuse(file, code === 'ENOSPC' ? 'the disk is full' : `cannot be read or made (${code})`, error);
  }
}

function refuse(file: string, reason: string, cause?: unknown): AppError {
  return new AppError('start_refused', { detail: `${file}: ${reason}`, cause });
}
