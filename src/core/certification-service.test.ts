import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { serverOf } from '../../test/support/callers.ts';
import { CERTIFIED, type CoreWorld, openCoreWorld, SHOP, START } from '../../test/support/core-world.ts';
import { readCertification } from '../../test/support/read-certification.ts';
import type { NewCertification } from './certification-service.ts';
import { SANDBOX_MARK } from './invented-people.ts';

const unknown = { code: 'certification_not_found' };
const invented = { ...CERTIFIED, ci: `${SANDBOX_MARK}${'c'.repeat(80)}` };

let world: CoreWorld;

beforeEach(async () => {
  world = await openCoreWorld();
  onTestFinished(() => world.close());
});

const certified = async (more: Partial<NewCertification> = {}): Promise<NewCertification> => ({
  channel: await world.channel(),
  state: 'certified',
  requestedAt: START,
  certifiedAt: START,
  merchantUid: 'order-1',
  pageUrl: null,
  providerTid: 'tid-1',
  identity: CERTIFIED,
  ...more,
});

/** The server of another merchant. */
async function stranger() {
  const { id } = await world.merchants.save({ ...SHOP, userCode: 'imp00000002', keys: [], channels: [] });
  return serverOf(id);
}

describe('erasing', () => {
  it('returns what it was, once, and to its merchant alone', async () => {
    const impUid = await world.certifications.keep(await certified());
    const other = await stranger();
    await expect(world.certifications.erase(other, impUid)).rejects.toMatchObject(unknown);
    const kept = await readCertification(world, world.caller, impUid);
    const erased = await Promise.allSettled(
      [1, 2, 3].map(() => world.certifications.erase(world.caller, impUid)),
    );
    expect(erased).toEqual([
      { status: 'fulfilled', value: kept },
      ...Array(2).fill({ status: 'rejected', reason: expect.objectContaining(unknown) }),
    ]);
  });

  it('is noted with its time', async () => {
    const impUid = await world.certifications.keep(await certified());
    const { eraseCertification } = world.store;
    const times: number[] = [];
    world.store.eraseCertification = (...by) => {
      times.push(by[2]);
      return eraseCertification(...by);
    };
    world.clock.at += 5;
    await world.certifications.erase(world.caller, impUid);
    expect(times).toEqual([START + 5]);
  });
});

describe('keeping', () => {
  it('gives each an id of its own, and another one where an id was used before', async () => {
    const { createCertification } = world.store;
    const tried: string[] = [];
    world.store.createCertification = async (row) => {
      tried.push(row.impUid);
      return tried.length > 1 && createCertification(row);
    };
    const impUid = await world.certifications.keep(await certified());
    expect(tried).toEqual([expect.not.stringMatching(impUid), impUid]);
  });

  it('takes a given id once, also after it was erased', async () => {
    const keep = async () => world.certifications.keepAs('imported-1', await certified());
    expect([await keep(), await keep()]).toEqual([true, false]);
    await world.certifications.erase(world.caller, 'imported-1');
    expect(await keep()).toBe(false);
  });

  it('refuses people of a sandbox outside of one', async () => {
    const kept = world.certifications.keepAs('imported-1', await certified({ identity: invented }));
    await expect(kept).rejects.toMatchObject({ code: 'invented_person' });
    const all = world.certifications.keep(await certified({ identity: invented }));
    await expect(all).rejects.toMatchObject({ code: 'invented_person' });
    const nobody = { state: 'failed', certifiedAt: null, identity: null } as const;
    expect(await world.certifications.keepAs('imported-2', await certified(nobody))).toBe(true);
    const sandbox = await openCoreWorld({ keepsInvented: true });
    onTestFinished(() => sandbox.close());
    const channel = await sandbox.channel();
    const there = await certified({ channel, identity: invented });
    expect(await sandbox.certifications.keepAs('imported-1', there)).toBe(true);
  });
});
