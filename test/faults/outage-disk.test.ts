import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask, OWNER, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { Client } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { certifiedRows, Rush } from '../support/rush.ts';
import { DISK_KINDS, DISKS, mountDisk, type SmallDisk } from '../support/small-disk.ts';
import { type Bonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* A disk that fills up under callers, on both engines, and has room again. */

const PATIENCE = 60_000;
const CALLERS = 8;

async function until(probe: () => boolean | Promise<boolean>): Promise<void> {
  expect(await eventually(probe, PATIENCE)).toBe(true);
}

/** Fills the disk twice while callers go on, and frees it: writes are 503, reads go on, and all is well by itself. */
async function fillUnderCallers(bonin: Bonin, disk: SmallDisk): Promise<Rush> {
  const rush = new Rush(bonin.url, CALLERS);
  const client = new Client(bonin.url);
  const readiness = async () => (await client.call('GET', '/readyz')).status;
  const went = (what: 'done' | 'refused') => {
    const from = rush[what];
    return until(() => rush.wrong.length > 0 || rush[what] >= from + 20);
  };
  for (let round = 0; round < 2; round++) {
    await went('done');
    disk.fill(bonin.pid);
    await went('refused');
    await until(async () => (await readiness()) === 503);
    const { token } = await client.token();
    const [impUid = ''] = rush.certified.keys();
    expect((await client.lookup(token, impUid)).status).toBe(200);
    expect((await client.call('GET', '/livez')).status).toBe(200);
    expect(await readiness()).toBe(503);
    disk.free(bonin.pid);
    await until(async () => (await readiness()) === 200);
  }
  await went('done');
  await rush.stop();
  await rush.verify();
  client.close();
  expect(rush.wrong).toEqual([]);
  return rush;
}

test.for(DISK_KINDS)(
  'a disk (%s) under SQLite that fills up under load',
  {
    timeout: 2 * PATIENCE,
  },
  async (kind) => {
    const disk = DISKS[kind]();
    const bonin = await startBonin(['--data', disk.folder]);
    await fillUnderCallers(bonin, disk);
    expect(await bonin.stop()).toEqual({ code: 0, signal: null });
    expect(bonin.stderr()).toMatch(/the disk under the database (is full|cannot be read or written)/);
  },
);

// A limit on what a process may write is not what PostgreSQL calls a full disk: this needs a real one.
test.runIf(DISK_KINDS.includes('mounted'))(
  'a disk under PostgreSQL that fills up under load',
  {
    timeout: 4 * PATIENCE,
  },
  async () => {
    const disk = mountDisk('16m');
    if (OWNER.uid !== undefined) chownSync(disk.folder, OWNER.uid, OWNER.gid);
    const server = await startPostgres();
    try {
      await ask(
        `postgres://postgres@127.0.0.1:${server.port}/postgres`,
        `CREATE TABLESPACE small LOCATION '${disk.folder}'`,
      );
      const url = await server.newDatabase('TABLESPACE small');
      const bonin = await startBonin(['--data', temporaryFolder(), '--database-url', url]);
      const rush = await fillUnderCallers(bonin, disk);
      expect(await certifiedRows(url)).toBe(rush.done);
      expect(await bonin.stop()).toEqual({ code: 0, signal: null });
      expect(bonin.stderr()).toContain('the disk under the database is full');
    } finally {
      await server.close();
    }
  },
);

// It ends itself then and tries to come back, which it cannot before there is room.
test.runIf(DISK_KINDS.includes('mounted'))(
  'a disk under the log of PostgreSQL that fills up under load',
  {
    timeout: 4 * PATIENCE,
  },
  async () => {
    const disk = mountDisk('64m');
    const server = await startPostgres();
    try {
      const url = await server.newDatabase();
      await server.stop();
      moveLog(server, disk.folder);
      await server.start();
      const bonin = await startBonin(['--data', temporaryFolder(), '--database-url', url]);
      const rush = new Rush(bonin.url, CALLERS);
      await until(() => rush.wrong.length > 0 || rush.done > 20);
      disk.fill(0);
      await until(async () => {
        // What callers write fills the rest of the log slowly.
        await ask(
          url,
          "SELECT pg_logical_emit_message(false, '', repeat('x', 1000000)), pg_switch_wal()",
        ).catch(() => {});
        return rush.wrong.length > 0 || rush.refused > 20;
      });
      await until(async () => (await fetch(`${bonin.url}/readyz`)).status === 503);
      disk.free(0);
      // As an operator would, since it may have given up in the meantime.
      await server.stop();
      await server.start();
      await until(async () => (await fetch(`${bonin.url}/readyz`)).status === 200);
      const before = rush.done;
      await until(() => rush.wrong.length > 0 || rush.done > before + 20);
      await rush.stop();
      await rush.verify();
      expect(rush.wrong).toEqual([]);
      expect(await certifiedRows(url)).toBe(rush.done);
      expect(await bonin.stop()).toEqual({ code: 0, signal: null });
    } finally {
      await server.close();
    }
  },
);

/** Lets a stopped server write its log to another folder. */
function moveLog({ folder }: PostgresServer, to: string): void {
  const log = join(folder, 'data/pg_wal');
  const moved = join(to, 'pg_wal');
  cpSync(log, moved, { recursive: true });
  rmSync(log, { recursive: true });
  symlinkSync(moved, log);
  if (OWNER.uid !== undefined) execFileSync('chown', ['-R', `${OWNER.uid}:${OWNER.gid}`, to]);
}
