import type { Imp } from 'bonin/browser';
import { type Certification, Client } from 'bonin/client';
import { boninFixture } from 'bonin/playwright';
import { type Message, type RunningBonin, type Seed, startBonin } from 'bonin/testing';

async function main(): Promise<void> {
  const bonin: RunningBonin = await startBonin({ randomOtp: true });
  const client = new Client({ impKey: bonin.impKey, impSecret: bonin.impSecret, baseUrl: bonin.url });
  const found: Certification = await client.getCertification(await bonin.certify({ name: '심청' }));
  if (found.certified) console.log(found.name);
  await bonin.close();
}

export function lengthOf(message: Message, { merchants }: Seed): number {
  return message.otp.length + merchants.length;
}

export type Script = Imp;
export const fixtures = boninFixture();

// @ts-expect-error: a person has no such member
export const wrong = (bonin: RunningBonin) => bonin.certify({ nickname: '청이' });

void main();
