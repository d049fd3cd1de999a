import { toShowableCode } from '../core/attempt.ts';
import type { HostedReturn } from '../core/provider.ts';

/** Characters of an agency's message that go to the log. */
const LONGEST_MESSAGE = 200;

/** An agency's code, when it has the form of a code; it may then be shown and logged. */
export function readCode(text: string): { readonly providerCode?: string } {
  const providerCode = toShowableCode(text);
  return providerCode === null ? {} : { providerCode };
}

/** Whether a browser brought back a field twice, which no agency does. */
export function hasRepeatedField(fields: HostedReturn['fields']): boolean {
  return new Set(fields.map(([name]) => name)).size < fields.length;
}

/**
 * An agency's message for the log: without control characters, and with long numbers and what may be a secret masked.
 * A message that is percent-encoded is decoded, with `+` as a blank.
 */
export function toLogText(message: string): string {
  return decode(message)
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .replace(/\d{6,}|[\w+/=-]{16,}/g, '*')
    .slice(0, LONGEST_MESSAGE);
}

function decode(message: string): string {
  try {
    return decodeURIComponent(message.replaceAll('+', ' '));
  } catch {
    return message;
  }
}
