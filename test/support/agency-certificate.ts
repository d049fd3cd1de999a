import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

/** A certificate for these hosts that nobody trusts but who is given `file`. */
export function certificateFor(hosts: readonly string[]): { file: string; cert: string; key: string } {
  const folder = temporaryFolder();
  const [file, keyFile] = [join(folder, 'agency.crt'), join(folder, 'agency.key')];
  const names = hosts.map((host) => `DNS:${host}`).join(',');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=agency', '-addext', `subjectAltName=${names}`, '-out', file, '-keyout', keyFile],
    ],
    { stdio: 'ignore' },
  );
  return { file, cert: readFileSync(file, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}
