import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBase } from './base-image.ts';
import { runCiSamples } from './ci-samples.ts';
import { rehearseImage } from './image-rehearsal.ts';
import { type ImageConfig, MountedImage } from './mounted-image.ts';
import { checkProxies } from './proxies.ts';
import { tell, Verdict } from './verdict.ts';

/*
 * Builds the image of deploy/Containerfile and runs it without a container engine; runs the other files of deploy/ as
 * far as one machine can; and runs the samples for CI without Node.
 */

const ROOT = join(import.meta.dirname, '..');
/** Programs that the drill needs, and the Debian packages that bring them. */
const PROGRAMS = [
  ['buildah', '/usr/bin/buildah'],
  ['debootstrap', '/usr/sbin/debootstrap'],
  ['nginx-light', '/usr/sbin/nginx'],
  ['caddy', '/usr/bin/caddy'],
  ['openssl', '/usr/bin/openssl'],
  ['systemd', '/usr/bin/systemd-analyze'],
  ['python3-pytest', '/usr/lib/python3/dist-packages/pytest'],
  ['junit5', '/usr/share/java/junit-platform-console.jar'],
  ['default-jdk-headless', '/usr/bin/javac'],
] as const;
/** How exposed the unit may be by `systemd-analyze security`, from 0 to 100. */
const MOST_EXPOSED = 15;
/** In memory: package managers write every file through to the disk, which takes minutes. */
const ROOM = 'size=8G,mode=0711';

/** What keeps the drill from running here; empty when nothing does. */
function findObstacles(): readonly string[] {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return ['it needs Linux and root: it mounts images and runs them as another user'];
  const missing = PROGRAMS.filter(([, file]) => !existsSync(file)).map(([name]) => name);
  return missing.length === 0 ? [] : [`Debian packages are missing: apt-get install ${missing.join(' ')}`];
}

/** The image store of the drill, in its own folder. */
function buildah(folder: string, ...words: readonly string[]): string {
  const store = [
    '--root',
    join(folder, 'store'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'overlay',
  ];
  return execFileSync('buildah', [...store, ...words], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', process.env['DRILL_VERBOSE'] === undefined ? 'pipe' : 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  }).trim();
}

function buildImage(folder: string): void {
  const base = join(folder, 'base');
  makeBase(base);
  tell('the base is made: Debian, Node and npm');
  const container = buildah(folder, 'from', 'scratch');
  buildah(folder, 'add', '--quiet', container, base, '/');
  buildah(folder, 'commit', '--quiet', '--rm', container, 'localhost/base');
  rmSync(base, { recursive: true });
  const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();
  mkdirSync(cache, { recursive: true });
  const how = ['--format', 'docker', '--isolation', 'chroot', '--volume', `${cache}:/root/.npm`];
  const what = [
    '--build-arg',
    'BASE=localhost/base',
    '--file',
    'deploy/Containerfile',
    '--tag',
    'localhost/bonin',
  ];
  buildah(folder, 'build', ...how, ...what, '.');
  tell('the image is built');
}

function mountImage(folder: string): MountedImage {
  const { Docker } = JSON.parse(buildah(folder, 'inspect', '--type', 'image', 'localhost/bonin')) as {
    readonly Docker: { readonly config: ImageConfig };
  };
  const root = buildah(folder, 'mount', buildah(folder, 'from', 'localhost/bonin'));
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  return new MountedImage(root, Docker.config, data);
}

function checkUnit(verdict: Verdict): void {
  const words = ['security', '--offline=true', `--threshold=${MOST_EXPOSED}`, 'deploy/bonin.service'];
  const { status, stdout, stderr } = spawnSync('systemd-analyze', words, { cwd: ROOT, encoding: 'utf8' });
  const exposure = /exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
  verdict.check(
    'systemd-analyze security finds the unit well confined',
    status === 0 && exposure !== undefined,
    `exposure ${exposure ?? stderr.trim()} of 10, at most ${MOST_EXPOSED / 10}`,
  );
}

async function drill(folder: string): Promise<boolean> {
  const verdict = new Verdict();
  try {
    checkUnit(verdict);
    await runCiSamples(verdict, folder);
    buildImage(folder);
    await rehearseImage(verdict, mountImage(folder));
    await checkProxies(verdict, folder);
  } catch (error) {
    console.error(error);
    verdict.check('the drill went through', false);
  }
  console.log(verdict.holds ? '\ndrill: every check holds' : '\ndrill: FAILED');
  return verdict.holds;
}

/** Leaves nothing behind, however the drill ends. */
async function runInFolder(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bonin-image-'));
  // The image runs as another user, who has to get through.
  chmodSync(folder, 0o711);
  execFileSync('mount', ['-t', 'tmpfs', '-o', ROOM, 'bonin-image', folder]);
  const remove = () => {
    spawnSync('sh', ['-c', `buildah --root ${folder}/store --runroot ${folder}/run umount --all`]);
    spawnSync('umount', ['--lazy', '--recursive', folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      remove();
      process.exit(130);
    });
  try {
    return (await drill(folder)) ? 0 : 1;
  } finally {
    remove();
  }
}

const obstacles = findObstacles();
for (const obstacle of obstacles) console.error(`drill: NOT RUN: ${obstacle}`);
process.exitCode = obstacles.length > 0 ? 1 : await runInFolder();
