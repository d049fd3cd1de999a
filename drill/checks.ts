import type { BoninNode } from './entrances.ts';
import type { Journal, Verification } from './journal.ts';
import { ALREADY, type Shop } from './load.ts';
import type { Verdict } from './verdict.ts';

const AT_ONCE = 8;

/** Asks for every verification again, at both nodes, when all is over. */
export async function checkVerifications(
  verdict: Verdict,
  journal: Journal,
  [shop, other]: readonly [Shop, Shop],
  token: string,
): Promise<void> {
  const lost: string[] = [];
  const twice = [...journal.confirmedTwice];
  let compared = 0;
  const verifications = [...journal.verifications.values()];
  await inParallel(verifications, async ({ impUid, shown }) => {
    const answer = await shop.lookup(token, impUid);
    if (answer?.response?.['certified'] !== true)
      lost.push(`${impUid}: ${answer?.text ?? 'no right answer'}`);
    else if (shown !== null && answer.text !== shown) lost.push(`${impUid}: the answer changed`);
    if (shown !== null) compared++;
    const again = await other.confirm(token, impUid);
    if (again?.status === 200) twice.push(impUid);
    else if (again?.message === ALREADY) journal.refusedSecond++;
    else lost.push(`${impUid}: a second confirmation got ${again?.text ?? 'no right answer'}`);
  });
  const unsure = [...journal.foundCertified];
  await inParallel(unsure, async (impUid) => {
    const answer = await shop.lookup(token, impUid);
    if (answer?.response?.['certified'] !== true)
      lost.push(`${impUid}: ${answer?.text ?? 'no right answer'}`);
  });
  const size = verifications.length;
  verdict.check(
    'every verification that was answered 200 is there, certified, with the same answer',
    lost.length === 0 && size > 0 && compared > 0,
    lost.length > 0
      ? `${lost.length} of ${size} not: ${lost[0]}`
      : `${size}, of ${compared} the answer compared; ${unsure.length} more were found done after a 503`,
  );
  verdict.check(
    'each was confirmed with 200 once',
    twice.length === 0 && journal.refusedSecond >= size,
    twice[0] ?? `${journal.refusedSecond} second confirmations refused`,
  );
}

export function checkAnswers(verdict: Verdict, journal: Journal): void {
  verdict.check(
    'every other answer was 503 in the envelope with Retry-After',
    journal.wrong.length === 0 && journal.failures > 0,
    journal.wrong.length === 0
      ? `${journal.failures}`
      : `${journal.wrong.length}: ${journal.wrong.slice(0, 3).join('; ')}`,
  );
}

export async function checkTokens(
  verdict: Verdict,
  when: string,
  tokens: Iterable<string>,
  shops: readonly Shop[],
  { impUid }: Verification,
): Promise<void> {
  const all = [...tokens];
  const answers = await Promise.all(shops.flatMap((shop) => all.map((token) => shop.lookup(token, impUid))));
  verdict.check(
    `tokens from before ${when} are valid after it`,
    answers.length > 0 && answers.every((answer) => answer?.status === 200),
  );
}

export function checkProcesses(verdict: Verdict, nodes: readonly BoninNode[]): void {
  verdict.check(
    'no Bonin ended or was restarted',
    nodes.every(({ child }) => child.exitCode === null && child.signalCode === null),
  );
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
