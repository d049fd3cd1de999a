import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestOptions, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import {
  type AuthorityParts,
  newAuthority,
  newKey,
  signLeaf,
  toPem,
} from '../../src/sandbox/tls/certificates.ts';
import { Client, KEY_A, SECRET_A } from '../support/client.ts';
import { startDevApp } from '../support/dev-app.ts';
import { eventually } from '../support/eventually.ts';
import { asOwnRoot, withName, withoutLimit } from '../support/forge.ts';
import { RawConnection } from '../support/raw-exchange.ts';
import { type Bonin, runBonin, sharing, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const API_HOST = 'api.iamport.kr';
const HOSTS = ['localhost', API_HOST, 'cdn.iamport.kr', 'service.iamport.kr'];
const SEEDED = 'imp_000000000001';
const FORM = `imp_key=${KEY_A}&imp_secret=${SECRET_A}`;
const DAY = 86_400_000;

interface Answer {
  readonly text: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly peer: PeerCertificate;
}

/** One request on a connection of its own. */
function send(port: number, path: string, options: RequestOptions, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (answer) => {
      const peer = (answer.socket as TLSSocket).getPeerCertificate();
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      answer.on('end', () => resolve({ text, headers: answer.headers, peer }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

async function lookUp(port: number, options: RequestOptions): Promise<Answer> {
  const method = 'POST';
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { text } = await send(port, '/users/getToken', { ...options, method, headers }, FORM);
  const { response } = JSON.parse(text) as { response: { access_token: string } };
  return send(port, `/certifications/${SEEDED}`, {
    ...options,
    headers: { authorization: response.access_token },
  });
}

/** The version that a client gets which speaks none later than `newest`. */
function versionOf(
  port: number,
  ca: string,
  newest: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3',
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      // Level 0, since a client of today would not even ask for the old versions.
      { port, host: 'localhost', ca, minVersion: 'TLSv1', maxVersion: newest, ciphers: 'DEFAULT@SECLEVEL=0' },
      () => {
        resolve(socket.getProtocol());
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

const authorityOf = (folder: string) => readFileSync(join(folder, 'authority.crt'), 'utf8');
const keyOf = (folder: string) => readFileSync(join(folder, 'authority.key'), 'utf8');

/** The file that a start prints after its address. */
async function printedAuthority(bonin: Bonin): Promise<string> {
  const find = () => /^ {2}authority {3}(.+)\n/m.exec(bonin.stdout())?.[1];
  await eventually(() => find() !== undefined);
  return find() ?? '';
}

test('a token and a lookup, as localhost and as the host of the API, for a client that trusts the authority alone', async () => {
  const data = temporaryFolder();
  const bonin = await startBonin(['--tls', '--data', data]);
  expect(bonin.url).toBe(`https://localhost:${bonin.port}`);
  expect(await printedAuthority(bonin)).toBe(join(data, 'authority.crt'));
  const ca = authorityOf(data);
  for (const servername of HOSTS) {
    const { text, headers, peer } = await lookUp(bonin.port, { ca, servername });
    expect(JSON.parse(text)).toMatchObject({ code: 0, response: { imp_uid: SEEDED, certified: true } });
    expect(headers['strict-transport-security']).toBeUndefined();
    const life = Date.parse(peer.valid_to) - Date.parse(peer.valid_from);
    expect(life).toBeGreaterThan(300 * DAY);
    expect(life).toBeLessThanOrEqual(397 * DAY);
    // An address in it would be refused by TLS stacks that cannot check a limit on addresses.
    expect(peer.subjectaltname).toBe(HOSTS.map((host) => `DNS:${host}`).join(', '));
    expect(peer.ext_key_usage).toEqual(['1.3.6.1.5.5.7.3.1']);
  }
  // By address, where no name is asked for.
  const { text, peer } = await lookUp(bonin.port, { ca });
  expect(text).toContain(SEEDED);
  expect(peer.subjectaltname).toContain('IP Address:127.0.0.1');
});

test('plain HTTP is served in addition to TLS on request', async () => {
  const bonin = await startBonin(['--tls', '--memory', '--http-port', '0']);
  const find = () => /^ {2}plain HTTP {2}(\S+)\n/m.exec(bonin.stdout())?.[1];
  await eventually(() => find() !== undefined);
  const plain = new Client(find() ?? '');
  const { token } = await plain.token();
  expect(await plain.lookup(token, SEEDED)).toMatchObject({ status: 200, response: { imp_uid: SEEDED } });
  plain.close();
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  const alone = await runBonin(['dev', '--memory', '--http-port', '0']);
  expect(alone).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--http-port goes with --tls only'),
  });
});

test('without the authority, or under another name, the handshake fails', async () => {
  const data = temporaryFolder();
  const bonin = await startBonin(['--tls', '--data', data, '--log-level', 'info']);
  await expect(send(bonin.port, '/livez', { servername: 'localhost' })).rejects.toMatchObject({
    code: expect.stringMatching(/UNABLE_TO_(?:VERIFY|GET)/),
  });
  const other = send(bonin.port, '/livez', { ca: authorityOf(data), servername: 'api.iamport.co.kr' });
  await expect(other).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  await bonin.stop();
  expect(bonin.stderr()).toContain('"msg":"handshake refused"');
  expect(bonin.stderr()).not.toContain('"level":50');
});

test('TLS 1.2 and 1.3 are spoken, 1.1 and plain HTTP are not', async () => {
  const data = temporaryFolder();
  const bonin = await startBonin(['--tls', '--data', data]);
  const ca = authorityOf(data);
  expect(await versionOf(bonin.port, ca, 'TLSv1.3')).toBe('TLSv1.3');
  expect(await versionOf(bonin.port, ca, 'TLSv1.2')).toBe('TLSv1.2');
  await expect(versionOf(bonin.port, ca, 'TLSv1.1')).rejects.toMatchObject({
    code: expect.stringContaining('VERSION'),
  });
  const plain = await RawConnection.open(bonin.port);
  plain.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  await plain.closed;
  expect(plain.received.toString('latin1')).not.toContain('HTTP/1.1');
  expect(bonin.stderr()).toBe('');
});

test('a request that is none gets its 400 through TLS, and a body that is too large its 413', async () => {
  const data = temporaryFolder();
  const bonin = await startBonin(['--tls', '--data', data]);
  const socket = connect({ port: bonin.port, host: 'localhost', ca: authorityOf(data) });
  let received = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    received += piece;
  });
  socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n');
  // A reset is one of the ways in which it may end; what came before it counts.
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
  expect(received.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  const options = { ca: authorityOf(data), servername: 'localhost', method: 'POST' };
  const large = await send(bonin.port, '/users/getToken', options, 'x'.repeat(200_000));
  expect(large.text).toContain('"code":-1');
});

test('a second start keeps the authority, and two at once make one', async () => {
  const data = temporaryFolder();
  const [first, twin] = await Promise.all([
    startBonin(['--tls', ...sharing(data)]),
    startBonin(['--tls', ...sharing(data)]).catch((error: Error) => error),
  ]);
  const ca = authorityOf(data);
  const before = await send(first.port, '/livez', { ca });
  if (!(twin instanceof Error)) {
    expect((await send(twin.port, '/livez', { ca })).text).toBe(before.text);
    await twin.stop();
  }
  expect(await first.stop()).toEqual({ code: 0, signal: null });

  const again = await startBonin(['--tls', '--data', data]);
  expect(authorityOf(data)).toBe(ca);
  const after = await send(again.port, '/livez', { ca });
  expect(after.peer.issuer).toEqual(before.peer.issuer);
  expect(after.peer.fingerprint256).not.toBe(before.peer.fingerprint256);
  await again.stop();
  expect(readdirSync(data).sort()).toEqual(['authority.crt', 'authority.key', 'bonin.db', 'master.keys']);
});

test("the authority's key is for its owner only and in no output", async () => {
  const data = temporaryFolder();
  const bonin = await startBonin(['--tls', '--data', data, '--log-level', 'debug']);
  await lookUp(bonin.port, { ca: authorityOf(data) });
  await send(bonin.port, '/livez', {}).catch(() => {});
  await send(bonin.port, '/nowhere', { ca: authorityOf(data) });
  await bonin.stop();
  expect(statSync(join(data, 'authority.key')).mode & 0o777).toBe(0o600);
  const output = bonin.stdout() + bonin.stderr();
  expect(output).not.toContain('PRIVATE KEY');
  const [, secret = ''] = /-\n([^-]+)-----END PRIVATE KEY/.exec(keyOf(data)) ?? [];
  for (const line of secret.trim().split('\n')) expect(output).not.toContain(line);
});

const FOREIGN_NAMES = [
  { dNSName: 'www.example.com' },
  { dNSName: 'iamport.kr' },
  { dNSName: '*.iamport.kr' },
  { iPAddress: '10.0.0.1' },
  { iPAddress: '127.0.0.2' },
];

/** What whoever steals the key file has. */
function stolen(folder: string): AuthorityParts {
  const [, issuer = '', root = ''] = keyOf(folder).split(/(?=-----BEGIN CERTIFICATE)/);
  return { key: createPrivateKey(keyOf(folder)), issuer, root };
}

test('what the stolen key signs for any other name is refused by whoever trusts the authority', async () => {
  const data = temporaryFolder();
  await (await startBonin(['--tls', '--data', data])).stop();
  const ca = authorityOf(data);
  const { key, issuer, root } = stolen(data);
  expect(root).toBe(ca);
  const leaf = signLeaf({ key, issuer }, Date.now());
  const visit = async (cert: string, servername: string): Promise<Answer> => {
    const server = createServer({ key: leaf.key, cert }, (_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    // The check of the name itself is left out: the chain alone has to be refused.
    const checkServerIdentity = () => undefined;
    return send((server.address() as AddressInfo).port, '/', { ca, servername, checkServerIdentity });
  };
  for (const name of FOREIGN_NAMES) {
    const cert = withName(leaf.cert, key, name);
    expect(new X509Certificate(cert).verify(new X509Certificate(issuer).publicKey)).toBe(true);
    const stranger = visit(cert + issuer, name.dNSName?.replace('*', 'www') ?? 'localhost');
    await expect(stranger, JSON.stringify(name)).rejects.toMatchObject({
      message: expect.stringContaining('permitted subtree violation'),
    });
  }
  // The same forgery with a name that is allowed passes, so it is the name that was refused.
  const allowed = withName(leaf.cert, key, { dNSName: API_HOST });
  expect((await visit(allowed + issuer, API_HOST)).text).toBe('hello');

  // An issuer that lifts its own limit is vouched for by nobody: the key that could is not kept.
  const lifted = withName(leaf.cert, key, { dNSName: 'www.example.com' }) + withoutLimit(issuer, key);
  await expect(visit(lifted, 'www.example.com')).rejects.toMatchObject({ code: expect.any(String) });
  expect(new X509Certificate(root).checkPrivateKey(key)).toBe(false);
  expect(new X509Certificate(withoutLimit(issuer, key)).verify(new X509Certificate(root).publicKey)).toBe(
    false,
  );
});

test('in memory the authority lasts as long as the server, and its key is on no disk', async () => {
  const TMPDIR = temporaryFolder();
  const bonin = await startBonin(['--tls', '--memory'], { env: { TMPDIR } });
  const file = await printedAuthority(bonin);
  expect(dirname(dirname(file))).toBe(TMPDIR);
  expect(readdirSync(dirname(file))).toEqual(['authority.crt']);
  const ca = readFileSync(file, 'utf8');
  expect((await lookUp(bonin.port, { ca, servername: API_HOST })).text).toContain(SEEDED);
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  expect(existsSync(dirname(file))).toBe(false);
});

test('a connection that never begins its handshake does not hold a stop up', async () => {
  const bonin = await startBonin(['--tls', '--memory']);
  const silent = await RawConnection.open(bonin.port);
  const begun = Date.now();
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  expect(Date.now() - begun).toBeLessThan(8_000);
  await silent.closed;
});

test('bonin lookup trusts the authority through NODE_EXTRA_CA_CERTS', async () => {
  const data = temporaryFolder();
  const bonin = await startBonin(['--tls', '--data', data]);
  const env = { BONIN_URL: bonin.url, BONIN_IMP_KEY: KEY_A, BONIN_IMP_SECRET: SECRET_A };
  const trusting = { ...env, NODE_EXTRA_CA_CERTS: join(data, 'authority.crt') };
  expect(await runBonin(['lookup', SEEDED], { env: trusting })).toMatchObject({ code: 0, stderr: '' });
  expect(await runBonin(['lookup', SEEDED], { env })).toMatchObject({ code: 1, stdout: '' });
});

const rewrite = (folder: string, parts: Partial<AuthorityParts>) => {
  const { key, issuer, root } = { ...stolen(folder), ...parts };
  writeFileSync(join(folder, 'authority.key'), toPem(key) + issuer + root);
};

const FAULTS: Readonly<Record<string, { do: (folder: string) => void; says: RegExp }>> = {
  'a certificate that is a text': {
    do: (folder) => writeFileSync(join(folder, 'authority.crt'), 'Dear diary,\n'),
    says: /authority\.crt: is not the certificate that authority\.key belongs to; /,
  },
  'a certificate cut in half': {
    do: (folder) => writeFileSync(join(folder, 'authority.crt'), authorityOf(folder).slice(0, 400)),
    says: /authority\.crt: is not the certificate that authority\.key belongs to; /,
  },
  'the certificate of another authority': {
    do: (folder) => writeFileSync(join(folder, 'authority.crt'), newAuthority(Date.now()).root),
    says: /authority\.crt: is not the certificate that authority\.key belongs to; /,
  },
  'another key': {
    do: (folder) => rewrite(folder, { key: newKey() }),
    says: /authority\.key: holds a key and certificates that do not belong together; /,
  },
  'the issuer of another authority': {
    do: (folder) => rewrite(folder, { root: newAuthority(Date.now()).root }),
    says: /authority\.key: holds a key and certificates that do not belong together; /,
  },
  'an authority without the limit on names': {
    do: (folder) => {
      const { key, issuer } = stolen(folder);
      const unlimited = withoutLimit(issuer, key);
      rewrite(folder, { issuer: asOwnRoot(unlimited, key), root: asOwnRoot(unlimited, key) });
    },
    says: /authority\.key: is not limited to the sandbox's names; /,
  },
  'an authority that has ended': {
    do: (folder) => rewrite(folder, newAuthority(Date.now() - 3651 * DAY)),
    says: /authority\.key: is not valid at this time; /,
  },
  'a key that is a text': {
    do: (folder) => writeFileSync(join(folder, 'authority.key'), 'Dear diary,\n'),
    says: /authority\.key: is not the key of an authority; /,
  },
  'a key file cut in half': {
    do: (folder) => writeFileSync(join(folder, 'authority.key'), keyOf(folder).slice(0, 700)),
    says: /authority\.key: is not the key of an authority; /,
  },
  'a key that others may read': {
    do: (folder) => chmodSync(join(folder, 'authority.key'), 0o644),
    says: /authority\.key: may be read by others; run chmod 600 on it/,
  },
  'no key beside the certificate': {
    do: (folder) => rmSync(join(folder, 'authority.key')),
    says: /authority\.key: is missing beside \S+; /,
  },
  'a folder in the place of the certificate': {
    do: (folder) => {
      rmSync(join(folder, 'authority.crt'));
      mkdirSync(join(folder, 'authority.crt'));
    },
    says: /authority\.crt: is a folder/,
  },
};

test.for(Object.entries(FAULTS))('%s is refused in one line, and left as it is', async ([, fault]) => {
  const data = temporaryFolder();
  const { key, issuer, root } = newAuthority(Date.now());
  writeFileSync(join(data, 'authority.key'), toPem(key) + issuer + root, { mode: 0o600 });
  writeFileSync(join(data, 'authority.crt'), root);
  fault.do(data);
  const read = (name: string) => {
    const file = join(data, name);
    return existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8') : null;
  };
  const before = ['authority.crt', 'authority.key'].map(read);
  const { code, signal, stdout, stderr } = await runBonin(['dev', '--tls', '--port', '0', '--data', data], {
    killAfter: 30_000,
  });
  expect({ code, signal, stdout }).toEqual({ code: 1, signal: null, stdout: '' });
  expect(stderr).toMatch(/^bonin: [^\n]+\n$/);
  expect(stderr).toMatch(fault.says);
  expect(['authority.crt', 'authority.key'].map(read)).toEqual(before);
});

test('a key without its certificate, as a start that was cut off leaves it, gets one', async () => {
  const data = temporaryFolder();
  const { key, issuer, root } = newAuthority(Date.now());
  writeFileSync(join(data, 'authority.key'), toPem(key) + issuer + root, { mode: 0o600 });
  const bonin = await startBonin(['--tls', '--data', data]);
  expect((await send(bonin.port, '/livez', { ca: root })).text).toContain('ok');
  expect(authorityOf(data)).toBe(root);
});

test('a place that cannot be written is refused in one line', async () => {
  const TMPDIR = join(temporaryFolder(), 'file');
  writeFileSync(TMPDIR, '');
  const words = ['dev', '--tls', '--memory', '--port', '0'];
  const refused = await runBonin(words, { env: { TMPDIR }, killAfter: 30_000 });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^bonin: \S+file: cannot be read or made \(ENOTDIR\)\n$/);
});

test('a certificate and a key that do not belong together are refused by the server', async () => {
  const leaf = signLeaf(newAuthority(Date.now()), Date.now());
  for (const tls of [
    { key: toPem(newKey()), cert: leaf.cert },
    { key: 'no key', cert: leaf.cert },
  ])
    await expect(startDevApp({ tls })).rejects.toMatchObject({ code: 'start_refused' });
});
