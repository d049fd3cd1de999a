#!/usr/bin/env node
import { COMMANDS, loadCommands } from './commands.ts';
import { keepCompiledCode } from './compile-cache.ts';
import { runCommandLine } from './run.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  table: COMMANDS,
  loadCommands,
  // Before a command is loaded.
  prepare: () => keepCompiledCode(process.env),
});
