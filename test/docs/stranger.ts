import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { packPackage } from '../support/packed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ROOT } from './blocks.ts';

/* What a reader of the pages has and does: a clone or a project of their own, and a shell. */

/** The address in the pages. Here a free port takes its place. */
const USUAL_PORT = 8282;

/** The tracked files of this repository, and new ones that are not ignored, as a clone has them. */
export function cloneRepository(): string {
  const folder = join(temporaryFolder(), 'clone');
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const deleted = execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: ROOT, encoding: 'utf8' });
  const gone = new Set(deleted.split('\0'));
  for (const file of listed.split('\0').filter((name) => name !== '' && !gone.has(name))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  return folder;
}

/** An empty project with the package as it is published. Of the runners of tests, Vitest is there. */
export async function installPackage(): Promise<string> {
  const folder = join(temporaryFolder(), 'project');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const packed = await packPackage(join(temporaryFolder(), 'package'));
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', packed], {
    cwd: folder,
    stdio: 'ignore',
  });
  symlinkSync(join(ROOT, 'node_modules/vitest'), join(folder, 'node_modules/vitest'));
  return folder;
}

export interface Shell {
  /** Runs a command that ends, and returns what it prints. A failure rejects. */
  run(command: string): Promise<string>;
  /** Starts a command that serves; resolves when it has printed its address. It ends with the test. */
  serve(command: string): Promise<string>;
}

/** A shell in a folder, with the settings of nobody, and with the machine's Node or the one given. */
export async function openShell(folder: string, node: string | null = null): Promise<Shell> {
  const port = await findFreePort();
  const env = {
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(?:BONIN_|NODE_|VITEST|OTEL_)/.test(name)),
    ),
    PATH: [...(node === null ? [] : [dirname(node)]), programsOfMachine()].join(delimiter),
    BONIN_PORT: String(port),
    BONIN_URL: `http://127.0.0.1:${port}`,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    // What was fetched once is not asked for again.
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
  const here = (command: string) => command.replaceAll(`127.0.0.1:${USUAL_PORT}`, `127.0.0.1:${port}`);
  return {
    async run(command) {
      const words = ['-euo', 'pipefail', '-c', here(command)];
      try {
        return (await promisify(execFile)('bash', words, { cwd: folder, env })).stdout;
      } catch (error) {
        const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
        throw new Error(`${command}ended with ${code}: ${stdout}${stderr}`, { cause: error });
      }
    },
    async serve(command) {
      // A group of its own, so that all that the shell has started can be ended.
      const child = spawn('bash', ['-euo', 'pipefail', '-c', here(command)], {
        cwd: folder,
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      onTestFinished(() => endGroup(child));
      return printedAddress(child, `http://127.0.0.1:${port}`);
    },
  };
}

/** Without the programs that are installed in this repository, which `npm test` puts in front. */
function programsOfMachine(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.filter((folder) => !folder.includes('node_modules')).join(delimiter);
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    }),
  );
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function printedAddress(child: ChildProcess, address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (printed.includes(`${address}\n`)) resolve(address);
      });
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`ended with ${code} before it served: ${printed}`)));
  });
}

async function endGroup(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  process.kill(-pid, 'SIGTERM');
  await ended;
}
