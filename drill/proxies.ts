import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { until } from './cluster.ts';
import { findFreePort } from './image-rehearsal.ts';
import type { Verdict } from './verdict.ts';

const ROOT = join(import.meta.dirname, '..');
const HOST = 'id.example.com';

interface Ports {
  readonly bonin: number;
  readonly proxy: number;
}

/** The two proxies: how each checks a file, is started with it, and what the drill must replace in the sample. */
const PROXIES = {
  nginx: {
    sample: 'deploy/nginx.conf',
    replace: (text: string, folder: string, { bonin, proxy }: Ports) =>
      text
        .replace('127.0.0.1:8282', `127.0.0.1:${bonin}`)
        .replace('listen 443 ssl', `listen 127.0.0.1:${proxy} ssl`)
        .replace('listen [::]:443 ssl;', '')
        .replaceAll('/etc/nginx/tls', folder),
    check: (file: string) => ['/usr/sbin/nginx', '-t', '-c', file],
    run: (file: string) => ['/usr/sbin/nginx', '-c', file, '-g', `daemon off; pid ${file}.pid;`],
  },
  caddy: {
    sample: 'deploy/Caddyfile',
    // Without this line Caddy would ask an authority on the internet for a certificate.
    replace: (text: string, folder: string, { bonin, proxy }: Ports) =>
      `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${text}`
        .replace('127.0.0.1:8282', `127.0.0.1:${bonin}`)
        .replace(`${HOST} {`, `${HOST}:${proxy} {\n\ttls ${folder}/${HOST}.crt ${folder}/${HOST}.key`),
    check: (file: string) => ['/usr/bin/caddy', 'validate', '--adapter', 'caddyfile', '--config', file],
    run: (file: string) => ['/usr/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', file],
  },
} as const;

/** Runs Bonin behind each proxy with the samples of `deploy/`, changed only in ports and certificate. */
export async function checkProxies(verdict: Verdict, folder: string): Promise<void> {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${HOST}`],
      ...['-addext', `subjectAltName=DNS:${HOST}`],
      ...['-keyout', join(folder, `${HOST}.key`), '-out', join(folder, `${HOST}.crt`)],
    ],
    { stdio: 'ignore' },
  );
  const [bonin, ...proxies] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  const ready = join(folder, 'behind-proxies.json');
  const where = ['--port', String(bonin), '--ready-file', ready];
  const trusting = ['--public-url', `https://${HOST}`, '--trusted-proxies', '127.0.0.1,::1'];
  const dev = start([process.execPath, 'src/cli/main.ts', 'dev', '--memory', ...where, ...trusting]);
  try {
    await until('the sandbox is ready', async () => (existsSync(ready) ? true : null));
    for (const [at, [name, proxy]] of Object.entries(PROXIES).entries()) {
      const ports = { bonin: bonin ?? 0, proxy: proxies[at] ?? 0 };
      await checkProxy(verdict, name, proxy, folder, ports);
    }
  } finally {
    await stop(dev);
  }
}

async function checkProxy(
  verdict: Verdict,
  name: string,
  proxy: (typeof PROXIES)[keyof typeof PROXIES],
  folder: string,
  ports: Ports,
): Promise<void> {
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, proxy.replace(readFileSync(join(ROOT, proxy.sample), 'utf8'), folder, ports));
  const [program = '', ...words] = proxy.check(file);
  const checked = spawnSync(program, words, { encoding: 'utf8', env: { ...process.env, HOME: folder } });
  verdict.check(
    `${name} accepts ${proxy.sample}`,
    checked.status === 0,
    checked.status === 0 ? '' : checked.stderr,
  );
  if (checked.status !== 0) return;
  const running = start(proxy.run(file), { HOME: folder });
  try {
    const ca = readFileSync(join(folder, `${HOST}.crt`), 'utf8');
    const status = await until(`${name} forwards`, async () => {
      const found = await ask(ports.proxy, ca);
      return found === 200 ? found : null;
    });
    verdict.check(`${name} forwards to Bonin over HTTPS`, status === 200, `/readyz answered ${status}`);
  } finally {
    await stop(running);
  }
}

function start([program = '', ...words]: readonly string[], more: Record<string, string> = {}): ChildProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', program, ...words], {
    cwd: ROOT,
    env: { ...process.env, ...more },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr?.resume();
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function ask(port: number, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const to = {
      host: '127.0.0.1',
      port,
      path: '/readyz',
      servername: HOST,
      headers: { host: HOST },
      ca,
      agent: false,
    };
    request(to, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}
