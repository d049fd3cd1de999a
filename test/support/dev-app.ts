import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { createDevApp, type DevAppOptions } from '../../src/server/dev.ts';

/** The sandbox in this process, in memory, on a free port. Close it when done. */
export async function startDevApp(options: Partial<DevAppOptions> = {}) {
  const app = await createDevApp({
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log: createLog('silent'),
    ...options,
  });
  const { url, plainUrl } = await app.listen(0, '127.0.0.1');
  return { ...app, url, plainUrl };
}

export type RunningDevApp = Awaited<ReturnType<typeof startDevApp>>;

/** Whom OTP requests of the tests name. */
export const SIMCHEONG = {
  name: '심청',
  phone: '01000000005',
  birth: '040229',
  gender_digit: '4',
  carrier: 'KT',
} as const;

/** The key pairs of the two seeded merchants. */
export const KEY_A = {
  imp_key: 'imp_apikey',
  imp_secret: 'ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f',
};
export const KEY_B = { imp_key: 'imp_apikey_b', imp_secret: 'sandbox_secret_b' };
