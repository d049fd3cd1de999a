import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The switch that all machines are plugged into; the drill itself has the last address on it. */
const SWITCH = 'switch0';
const NETWORK = '10.77.0';
/** Every machine's network card, as it sees it. */
const CARD = 'eth0';

/** Sets the switch up, in the network of this process, which must be a private one. */
export async function startSwitch(): Promise<void> {
  await run('ip', ['link', 'set', 'lo', 'up']);
  await run('ip', ['link', 'add', SWITCH, 'type', 'bridge']);
  await run('ip', ['address', 'add', `${NETWORK}.254/24`, 'dev', SWITCH]);
  await run('ip', ['link', 'set', SWITCH, 'up']);
}

/**
 * A machine in little: processes that see each other only, with a network card of their own (namespaces of the
 * kernel for processes and network). What they write stays when the machine stops.
 */
export class Machine {
  readonly address: string;
  readonly folder: string;
  readonly #services: Readonly<Record<string, string>>;
  readonly #number: number;
  /** The cable's end at the switch: a new one at each start, since an old one goes away a moment late. */
  #cable = '';
  #starts = 0;
  #power: ChildProcess | null = null;

  /** `services`: what runs on it as the user `postgres`, a command for the shell by the name of its log. */
  constructor(number: number, folder: string, services: Readonly<Record<string, string>>) {
    this.#number = number;
    this.address = addressOf(number);
    this.folder = folder;
    this.#services = services;
  }

  logOf(service: string): string {
    return join(this.folder, `${service}.log`);
  }

  async start(): Promise<void> {
    const power = spawn(
      'unshare',
      ['--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', this.#initScript()],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.#power = power;
    await new Promise((resolve, reject) => {
      power.stdout.once('data', resolve);
      power.once('exit', () => reject(new Error(`machine ${this.#number} does not start`)));
    });
    this.#cable = `cable${this.#number}x${++this.#starts}`;
    const card = ['name', CARD, 'netns', String(power.pid)];
    await run('ip', ['link', 'add', this.#cable, 'type', 'veth', 'peer', ...card]);
    await run('ip', ['link', 'set', this.#cable, 'up']);
    await this.plugIn();
    power.stdin.end('go\n');
  }

  /** Everything on it ends at once, by SIGKILL. */
  async powerOff(): Promise<void> {
    const power = this.#power;
    this.#power = null;
    if (power === null || power.exitCode !== null || power.signalCode !== null) return;
    const ended = new Promise((resolve) => power.once('exit', resolve));
    power.kill('SIGKILL');
    await ended;
  }

  /** Pulls its cable out of the switch: everything on it goes on and neither hears nor is heard. */
  async unplug(): Promise<void> {
    await run('ip', ['link', 'set', this.#cable, 'nomaster']);
  }

  async plugIn(): Promise<void> {
    await run('ip', ['link', 'set', this.#cable, 'master', SWITCH]);
  }

  /** Runs a command on it, as root; gives its exit code and what it wrote. */
  async runInside(...words: readonly string[]): Promise<{ code: number; output: string }> {
    const into = ['--target', String(this.#power?.pid), '--net'];
    // The process that holds the power stands outside; what it started is inside.
    const processes = `--pid=/proc/${this.#power?.pid}/ns/pid_for_children`;
    try {
      const { stdout, stderr } = await run('nsenter', [...into, processes, ...words]);
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
      return { code: typeof code === 'number' ? code : 1, output: `${stdout ?? ''}${stderr ?? ''}` };
    }
  }

  /**
   * The first process: says that it is there, waits for its card, starts the services and collects what loses its
   * parent, as a dead postmaster does. It stays root: with another user it would forget that it ends with the drill.
   */
  #initScript(): string {
    const asUser = 'setpriv --reuid=postgres --regid=postgres --init-groups';
    return [
      `echo here; read -r _ || exit; exec >/dev/null`,
      'ip link set lo up',
      `ip address add ${this.address}/24 dev ${CARD}; ip link set ${CARD} up; cd ${this.folder}`,
      ...Object.entries(this.#services).map(
        ([name, command]) => `${asUser} ${command} >>${this.logOf(name)} 2>&1 </dev/null &`,
      ),
      'wait',
    ].join('\n');
  }
}

/** Where a machine is, by its number from 1. */
export function addressOf(number: number): string {
  return `${NETWORK}.${number}`;
}
