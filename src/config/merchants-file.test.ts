import { describe, expect, it } from 'vitest';
import people from '../sandbox/people.json' with { type: 'json' };
import { checkMerchantsFile } from './merchants-file.ts';

const CHANNEL = { channel_key: 'c', pg_provider: 'danal', pg_id: 'p' };
const SECRET = 'q7Zk2mP0vB4nR8sT';
const MERCHANT = { user_code: 'imp1', imp_key: '1000000000000001', imp_secret: SECRET, channels: [CHANNEL] };
const KEY = { imp_key: '1000000000000002', imp_secret: `${SECRET}2` };
const findIn = (merchants: unknown) => checkMerchantsFile({ merchants }).problems ?? [];
const find = (more: object) => findIn([{ ...MERCHANT, ...more }]);

describe('merchants that are written down', () => {
  it('are never those of the sandbox: their secrets stand in every copy of Bonin', () => {
    expect(findIn(people.merchants)).toEqual([
      'merchants[0].imp_secret must not be one that is published as an example',
      'merchants[1].imp_secret must not be one that is published as an example',
    ]);
  });

  it('have secrets that nobody guesses, each named by its path and not shown', () => {
    expect(find({ keys: [KEY] })).toEqual([]);
    const keys = [
      KEY,
      { ...KEY, imp_secret: 'YOUR_SECRET_HERE' },
      { ...KEY, imp_secret: '1000000000000001' },
    ];
    expect(find({ imp_secret: '…', keys })).toEqual([
      'merchants[0].imp_secret must have at least 16 characters',
      'merchants[0].keys[1].imp_secret must be a secret and not a placeholder',
      'merchants[0].keys[2].imp_secret must be another text than an imp_key',
    ]);
  });

  it('have known members only, at every depth', () => {
    const page = { origins: [], null_orgin: true };
    expect(
      find({ userCode: 'x', keys: [{ ...KEY, secret: 'x' }], channels: [{ ...CHANNEL, pgid: 'x' }], page }),
    ).toEqual([
      expect.stringMatching(/^merchants\[0\]\.keys\[0\]\.secret is .* did you mean imp_secret\?$/),
      expect.stringMatching(/^merchants\[0\]\.channels\[0\]\.pgid is .* did you mean pg_id\?$/),
      expect.stringMatching(/^merchants\[0\]\.page\.null_orgin is .* did you mean null_origin\?$/),
      expect.stringMatching(
        /^merchants\[0\]\.userCode is not known here \(known: .*\); did you mean user_code\?$/,
      ),
    ]);
  });

  it('hold no control character and no half of a character in any text', () => {
    for (const bad of ['a\nb', 'a\u0000b', '\ud800', 'b\udfff', 'a\u2028'])
      for (const [path, more] of [
        ['id', { id: bad }],
        ['name', { name: bad }],
        ['user_code', { user_code: bad }],
        ['imp_key', { imp_key: bad }],
        ['imp_secret', { imp_secret: SECRET + bad }],
        ['keys[0].imp_key', { keys: [{ ...KEY, imp_key: bad }] }],
        ['channels[0].channel_key', { channels: [{ ...CHANNEL, channel_key: bad }] }],
        ['channels[0].pg_id', { channels: [{ ...CHANNEL, pg_id: bad }] }],
        ['page.return_hosts', { page: { return_hosts: [`a${bad}`] } }],
        ['page.origins', { page: { origins: [`https://a${bad}`] } }],
      ] as const)
        expect(find(more), `${path} ${JSON.stringify(bad)}`).toEqual([
          expect.stringMatching(
            new RegExp(`^merchants\\[0\\]\\.${path.replace(/[[\].]/g, '\\$&')}(?:\\[0\\])? must `),
          ),
        ]);
  });

  it('name no other default channel than the first one', () => {
    const channels = (...defaults: readonly unknown[]) => ({
      channels: defaults.map((value, at) => ({ ...CHANNEL, channel_key: `c${at}`, default: value })),
    });
    expect(find(channels(true, false, null))).toEqual([]);
    expect(find(channels(false, true))).toEqual([
      'merchants[0].channels[1].default must be false: the first channel is the default one',
    ]);
    expect(find(channels('yes'))).toHaveLength(1);
  });

  it('are a list that is not empty, in an object', () => {
    expect(findIn([])).toEqual(['merchants must not be empty']);
    expect(findIn({})).toEqual(['merchants must be a list']);
    expect(checkMerchantsFile([]).problems).toEqual(['the file must be an object']);
    expect(checkMerchantsFile({}).problems).toEqual(['merchants must be a list (it is missing)']);
    expect(find({ keys: [[]] })).toEqual(['merchants[0].keys[0] must be an object']);
    expect(find({ page: { origins: 'https://a.example' } })).toEqual([
      expect.stringMatching(/^merchants\[0\]\.page\.origins must be a list, .*, or null$/),
    ]);
  });
});
