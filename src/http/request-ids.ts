import { randomBytes } from 'node:crypto';

/** Makes ids that tie an answer to its log lines: one random part for the process, one that counts. */
export function newRequestIds(): () => string {
  const process = randomBytes(6).toString('hex');
  let count = 0;
  return () => `${process}-${(++count).toString(36)}`;
}
