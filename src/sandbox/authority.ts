import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { createFile } from '../new-file.ts';
import {
  isLimitedToSandbox,
  type KeyAndCertificate,
  newKey,
  signAuthority,
  signLeaf,
  toPem,
} from './certificates.ts';

/** The sandbox's own little certificate authority: what a developer's client has to trust, once. */
export interface Authority {
  /** File of the certificate, to hand to clients. */
  readonly file: string;
  /** The same as PEM text. */
  readonly cert: string;
  /** A new key and certificate for the server. */
  issue(): KeyAndCertificate;
  /** Removes what was only for this run. */
  close(): void;
}

export interface AuthorityFiles {
  readonly certificate: string;
  readonly key: string;
}

const REMAKE = 'remove both to have a new authority made, which clients must be told to trust';

/**
 * Opens the authority of a data folder, or makes it at first use. Refuses a key that others may read, and a pair
 * that does not belong together or may sign for more than the sandbox's names.
 */
export function openAuthority({ certificate, key: keyFile }: AuthorityFiles): Authority {
  if (existsSync(certificate) && !existsSync(keyFile))
    throw refuse(
      keyFile,
      `is missing beside its certificate; remove ${certificate} to have a new authority made`,
    );
  const key = attempt(keyFile, () => {
    if (!existsSync(keyFile)) createFile(keyFile, toPem(newKey()), 0o600);
    if ((statSync(keyFile).mode & 0o077) !== 0)
      throw refuse(keyFile, 'may be read by others; run chmod 600 on it');
    return readKey(keyFile);
  });
  const cert = attempt(certificate, () => {
    // A start that was cut off may have left the key alone.
    if (!existsSync(certificate)) createFile(certificate, signAuthority(key, Date.now()), 0o644);
    return readFileSync(certificate, 'utf8');
  });
  checkCertificate(certificate, cert, key);
  return { file: certificate, cert, issue: () => signLeaf({ key, cert }, Date.now()), close() {} };
}

/** An authority for one run: the certificate lies in a folder of its own until the end, the key nowhere. */
export function createPassingAuthority(): Authority {
  const key = newKey();
  const cert = signAuthority(key, Date.now());
  const { folder, file } = attempt(tmpdir(), () => {
    const made = mkdtempSync(join(tmpdir(), 'bonin-authority-'));
    const certificate = join(made, 'authority.crt');
    writeFileSync(certificate, cert, { mode: 0o644 });
    return { folder: made, file: certificate };
  });
  return {
    file,
    cert,
    issue: () => signLeaf({ key, cert }, Date.now()),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function readKey(file: string): KeyObject {
  const text = readFileSync(file, 'utf8');
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (cause) {
    throw refuse(file, `is not a private key; with authority.crt, ${REMAKE}`, cause);
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw refuse(file, `is not a key of Bonin; with authority.crt, ${REMAKE}`);
  return key;
}

function checkCertificate(file: string, cert: string, key: KeyObject): void {
  const fault = faultOf(cert, key);
  if (fault !== null) throw refuse(file, `${fault}; with authority.key, ${REMAKE}`);
}

function faultOf(text: string, key: KeyObject): string | null {
  try {
    const cert = new X509Certificate(text);
    if (!cert.checkPrivateKey(key)) return 'does not belong to authority.key';
    if (!cert.ca || !isLimitedToSandbox(cert.toString()))
      return "is not an authority for the sandbox's names only";
    const now = Date.now();
    if (now < cert.validFromDate.getTime() || now >= cert.validToDate.getTime())
      return 'is not valid at this time';
    return null;
  } catch {
    return 'is not a certificate';
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
