import type { Settings } from '../../core/provider.ts';
import { AppError } from '../../errors.ts';

/** The settings of a channel, by the names that KCP uses. */
export interface KcpSettings extends Settings {
  /** Which of KCP's servers is called. */
  readonly environment: 'test' | 'production';
  readonly site_cd: string;
  /** 64 hex characters, used as text. */
  readonly enc_key: string;
  /** For which site KCP makes the DI; empty for KCP's default. */
  readonly web_siteid: string;
  /** What the window is told about the form that opens it. */
  readonly page_submit: 'Y' | 'N';
}

/** What KCP publishes for trying its test server. */
const PUBLISHED_SITE = 'AO7F3';
const PUBLISHED_KEY = 'c2a22fa3ebe4698075bcac6b433d52e351c881b02fb83488d4283a43385b1f8e';

const RULES: Readonly<Record<keyof KcpSettings & string, readonly [rule: RegExp, sentence: string]>> = {
  environment: [/^(?:test|production)$/, 'must be "test" or "production"'],
  site_cd: [/^[A-Z0-9]{5}$/, 'must be the site code: 5 capital letters and digits'],
  enc_key: [/^[0-9A-Fa-f]{64}$/, 'must be the encryption key: 64 hex characters'],
  web_siteid: [/^[0-9A-Za-z]{0,12}$/, 'must be at most 12 letters and digits, or empty'],
  page_submit: [/^[YN]$/, 'must be "Y" or "N"'],
};

/** Checks the settings of a channel. Rejects with `input_refused` and a sentence that names the member. */
export function parseSettings(value: unknown): KcpSettings {
  const names = Object.keys(RULES).join(', ');
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(`settings must be an object; its members: ${names}`);
  const given: Readonly<Record<string, unknown>> = { web_siteid: '', page_submit: 'Y', ...value };
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(RULES, name));
  if (unknown !== undefined) throw refuse(`settings.${unknown} is unknown; known: ${names}`);
  for (const [name, [rule, sentence]] of Object.entries(RULES)) {
    const member = given[name];
    if (typeof member !== 'string' || !rule.test(member)) throw refuse(`settings.${name} ${sentence}`);
  }
  const settings = given as KcpSettings;
  if (settings.environment === 'production') {
    if (settings.site_cd === PUBLISHED_SITE)
      throw refuse('settings.site_cd is the one published for tests, which only the test server takes');
    if (settings.enc_key.toLowerCase() === PUBLISHED_KEY)
      throw refuse('settings.enc_key is the one published for tests, which only the test server takes');
  }
  return settings;
}

function refuse(explanation: string): AppError {
  return new AppError('input_refused', { explanation });
}
