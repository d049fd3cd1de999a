import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgres } from './cluster.ts';

/** Programs that the drill needs, and the Debian packages that bring them. */
const PROGRAMS = [
  ['patroni', '/usr/bin/patroni'],
  ['etcd-server', '/usr/bin/etcd'],
  ['haproxy', '/usr/sbin/haproxy'],
  ['postgresql', findPostgres() ?? ''],
  ['iproute2', '/usr/bin/ip', '/usr/sbin/ip', '/sbin/ip'],
] as const;
/** What gives the rehearsal processes and a network of its own, which end and vanish with it. */
const WORLD = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** What keeps the drill from running here; empty when nothing does. */
function findObstacles(): readonly string[] {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return ['it needs Linux and root: it makes networks and takes them apart'];
  const missing = PROGRAMS.filter(([, ...files]) => !files.some((file) => existsSync(file)));
  if (missing.length > 0)
    return [`Debian packages are missing: apt-get install ${missing.map(([name]) => name).join(' ')}`];
  const [unshare = '', ...words] = WORLD;
  const tried = spawnSync(unshare, [...words, 'true'], { encoding: 'utf8' });
  return tried.status === 0 ? [] : [`no namespaces can be made here: ${tried.stderr.trim()}`];
}

/** Runs the rehearsal in a world of its own and leaves nothing of it, however it ends; gives the exit code. */
async function runInWorld(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bonin-drill-'));
  // The servers run as another user, who has to get through.
  chmodSync(folder, 0o711);
  let interrupted = false;
  try {
    // In a session of its own, so that Ctrl+C reaches this process alone; it ends even when this one is killed.
    const world = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', ...WORLD, process.execPath, join(import.meta.dirname, 'rehearsal.ts'), folder],
      { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    );
    world.stdout.pipe(process.stdout);
    world.stderr.pipe(process.stderr);
    const ended = new Promise<number>((resolve, reject) => {
      world.once('error', reject);
      // Not `exit`: this one comes when everybody who could still write is gone.
      world.once('close', (code) => resolve(code ?? 1));
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        interrupted = true;
        world.kill('SIGKILL');
      });
    const code = await ended;
    return interrupted ? 130 : code;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    if (interrupted) console.log('drill: broken off; processes, networks and folders are gone');
  }
}

const obstacles = findObstacles();
for (const obstacle of obstacles) console.error(`drill: NOT RUN: ${obstacle}`);
process.exitCode = obstacles.length > 0 ? 1 : await runInWorld();
