import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { childrenOf } from '../test/support/processes.ts';

/** What an image says about how it is run. */
export interface ImageConfig {
  /** `USER:GROUP` as numbers. */
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Volumes: Readonly<Record<string, unknown>>;
  readonly StopSignal: NodeJS.Signals;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** How a command in an image ended. */
export interface ImageRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs in an image, as the first process of its own. */
export interface Inside {
  readonly child: ChildProcess;
  /** Its number outside. */
  pid(): number;
  readonly ended: Promise<ImageRun>;
  readonly output: { stdout: string; stderr: string };
}

/**
 * What a container engine does: the image's root read-only, its volume writable, its own /proc and a /dev with four
 * devices, its own processes; then the image's user, without capabilities. The network is the one of this process.
 * $1 is the root, $2 the folder outside for the volume $3, $4 and $5 user and group; the rest is the command.
 */
const INSIDE = `
set -e
root=$1 data=$2 volume=$3 user=$4 group=$5
shift 5
mount --bind "$root" "$root"
mount --bind "$data" "$root$volume"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=0755 devices "$root/dev"
for each in null zero random urandom; do
  touch "$root/dev/$each"
  mount --bind "/dev/$each" "$root/dev/$each"
done
mount -o remount,ro "$root/dev"
exec chroot "$root" setpriv "--reuid=$user" "--regid=$group" --clear-groups --no-new-privs --inh-caps=-all \\
  --bounding-set=-all "$@"
`;

/** An image whose root is mounted on this machine, without a container engine. */
export class MountedImage {
  readonly config: ImageConfig;
  readonly root: string;
  /** The folder outside for the image's only volume. */
  readonly dataFolder: string;
  readonly user: number;
  readonly group: number;

  constructor(root: string, config: ImageConfig, dataFolder: string) {
    this.root = root;
    this.config = config;
    this.dataFolder = dataFolder;
    [this.user = 0, this.group = 0] = config.User.split(':').map(Number);
  }

  /** Starts the image's command with other words, as in `docker run IMAGE WORDS`. */
  start(words: readonly string[], variables: Readonly<Record<string, string>> = {}, input = ''): Inside {
    return this.#spawn([...this.config.Entrypoint, ...words], variables, input);
  }

  /** The same, to its end. */
  run(...call: Parameters<MountedImage['start']>): Promise<ImageRun> {
    return this.start(...call).ended;
  }

  /** Runs the image's health check, to its end. */
  checkHealth(variables: Readonly<Record<string, string>>): Promise<ImageRun> {
    const [kind, ...words] = this.config.Healthcheck.Test;
    if (kind !== 'CMD') throw new Error('the health check is not a command');
    return this.#spawn(words, variables, '').ended;
  }

  #spawn(words: readonly string[], variables: Readonly<Record<string, string>>, input: string): Inside {
    const [volume = ''] = Object.keys(this.config.Volumes);
    const env = Object.fromEntries(this.config.Env.map((each) => each.split(/=(.*)/s, 2)));
    const world = ['--mount', '--pid', '--fork', '--kill-child'];
    const script = ['sh', '-c', INSIDE, 'sh', this.root, this.dataFolder, volume];
    const who = [String(this.user), String(this.group)];
    const child = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', 'unshare', ...world, ...script, ...who, ...words],
      {
        env: { ...env, ...variables },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    child.stdin.on('error', () => {}).end(input);
    return {
      child,
      output,
      pid: () => childrenOf(child.pid ?? 0)[0] ?? 0,
      ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...output })),
    };
  }
}

/** What the kernel says of a process: its user, its capabilities, and whether its root is read-only. */
export function inspectProcess(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
  const mounts = readFileSync(`/proc/${pid}/mounts`, 'utf8').trim().split('\n');
  const root = mounts.map((line) => line.split(' ')).findLast(([, place]) => place === '/');
  return {
    user: field('Uid'),
    group: field('Gid'),
    capabilities: field('CapEff'),
    gainsNoPrivileges: field('NoNewPrivs') === '1',
    rootIsReadOnly: root?.[3]?.split(',').includes('ro') === true,
    isFirst: /^NSpid:\s+\d+\s+1$/m.test(status),
  };
}
