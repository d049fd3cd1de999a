import { describe, expect, it } from 'vitest';
import { adapterOf } from '../../test/support/adapter.ts';
import { type CoreWorld, openCoreWorld, PERSON } from '../../test/support/core-world.ts';
import { readCertification } from '../../test/support/read-certification.ts';
import { toAppError } from '../errors.ts';
import type { Identity } from './identity.ts';
import { findProvider } from './provider.ts';

describe('the provider of a channel', () => {
  it('is one that is there, and never what every object has by birth', () => {
    const danal = adapterOf('danal');
    expect(findProvider({ danal }, { adapter: 'danal' })).toBe(danal);
    for (const name of ['kcp_v2', 'constructor', '__proto__', 'toString', 'hasOwnProperty'])
      expect(findProvider({ danal }, { adapter: name }), name).toBeUndefined();
  });
});

/** What an agency may return of somebody who is not the person who was named. */
const OTHERS: readonly Partial<Identity>[] = [
  { name: '김가상' },
  { birthday: '1990-01-02' },
  { phone: '01000009999' },
];
/** Other spellings of the same person, and an agency that returns no phone number. */
const SAME: readonly Partial<Identity>[] = [{ name: `  ${PERSON.name.normalize('NFD')} ` }, { phone: null }];

const REFUSED = { api: ['binding_mismatch', 'failed'], page: ['PROVIDER_ERROR', 'failed'] };

describe('a result about another person than the one named', () => {
  const PLAYS = {
    async api(world: CoreWorld) {
      const impUid = await world.request();
      const waiting = await world.otps.findWaiting(world.caller, impUid);
      const said = await world.otps.confirm(world.caller, waiting, world.agency.code).then(
        () => 'certified',
        (error: unknown) => toAppError(error).code,
      );
      return [said, (await readCertification(world, world.caller, impUid)).state];
    },
    async page(world: CoreWorld) {
      const attempt = await world.walkTo('code');
      await world.take(attempt, { does: 'enter_code', otp: world.agency.code });
      const { end } = await world.now(attempt);
      const { state } = await readCertification(world, world.caller, attempt.impUid);
      return [end?.certified === false ? end.reason : 'certified', state];
    },
  };

  describe.each(['api', 'page'] as const)('over the %s', (surface) => {
    it.each<[Partial<Identity>, string[]]>([
      ...OTHERS.map<[Partial<Identity>, string[]]>((other) => [other, REFUSED[surface]]),
      ...SAME.map<[Partial<Identity>, string[]]>((same) => [same, ['certified', 'certified']]),
    ])('%j: %j', async (returned, said) => {
      const world = await openCoreWorld();
      world.agency.next('confirm', () => ({ ...PERSON, ci: null, di: null, ...returned }));
      expect(await PLAYS[surface](world)).toEqual(said);
      await world.close();
    });
  });
});
