import type { Command, CommandTable } from './command.ts';

/** The commands, each loaded only when it is called. The help lists them in this order. */
export const COMMANDS = {
  dev: async () => (await import('./dev.ts')).dev,
  serve: async () => (await import('./serve.ts')).serve,
  migrate: async () => (await import('./migrate.ts')).migrate,
  health: async () => (await import('./health.ts')).health,
  doctor: async () => (await import('./doctor.ts')).doctor,
  merchants: async () => (await import('./merchants.ts')).merchants,
  channels: async () => (await import('./channels.ts')).channels,
  lookup: async () => (await import('./lookup.ts')).lookup,
  token: async () => (await import('./token.ts')).token,
  conformance: async () => (await import('./conformance.ts')).conformance,
  export: async () => (await import('./export.ts')).exportCommand,
  import: async () => (await import('./import.ts')).importCommand,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  settings: async () => (await import('./settings.ts')).settings,
  completion: async () => (await import('./completion.ts')).completion,
  version: async () => (await import('./version.ts')).version,
} satisfies CommandTable;

/** All commands, in the order of the table. */
export function loadCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()));
}
