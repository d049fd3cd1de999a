import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from '../../build.ts';

const ROOT = join(import.meta.dirname, '../..');
const MODULES = join(ROOT, 'node_modules');

export interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

/** The manifest at the root. */
export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
}

/** The versions of Node that the published package is tested with, and their programs. Empty where npm has none. */
export function testedRuntimes(): Readonly<Record<string, string>> {
  const others = ['runtime-22', 'runtime-24'].map((name) => join(MODULES, name, 'bin/node'));
  const programs = others.every(existsSync) ? [...others, process.execPath] : [];
  return Object.fromEntries(
    programs.map((program) => [
      execFileSync(program, ['--version'], { encoding: 'utf8' }).trim().slice(1),
      program,
    ]),
  );
}

/** Builds the package from a copy of what `npm pack` takes, and packs it there; returns the file. */
export async function packPackage(folder: string): Promise<string> {
  await build(join(folder, 'dist'));
  const { files, version } = readManifest();
  const kept = (files as readonly string[]).filter((each) => each !== 'dist' && !each.startsWith('!'));
  for (const name of ['package.json', 'README.md', 'LICENSE', ...kept])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  execFileSync('npm', ['pack', '--ignore-scripts', '--offline', '--silent'], { cwd: folder, stdio: 'pipe' });
  return join(folder, `bonin-${version}.tgz`);
}

/** Puts the package into an empty project beside links to its dependencies and to `tools`, which are installed here. */
export function installPacked(file: string, project: string, tools: readonly string[] = []): void {
  const own = join(project, 'node_modules/bonin');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['xzf', file, '-C', own, '--strip-components=1']);
  for (const name of [...Object.keys(readManifest().dependencies), ...tools]) {
    mkdirSync(dirname(join(project, 'node_modules', name)), { recursive: true });
    symlinkSync(join(MODULES, name), join(project, 'node_modules', name));
  }
  writeFileSync(join(project, 'package.json'), '{"private":true}');
}
