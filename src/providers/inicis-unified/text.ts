import { AppError } from '../../errors.ts';
import { readCode, toLogText } from '../agency-text.ts';

/** Standard base64 in whole groups; Node's decoder would skip what does not belong there. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[0-9A-Za-z+/]+={0,2}$/.test(text);
}

/** `provider_refused` with a code of Inicis. Its message, and a code without the form of one, go to the log only. */
export function refuseCode(step: string, code: string, message: string): AppError {
  const said = message === '' ? '' : `, message "${toLogText(message)}"`;
  const detail = `inicis-unified ${step}: ${code === '' ? 'no code' : `code ${toLogText(code)}`}${said}`;
  return new AppError('provider_refused', { detail, ...readCode(code) });
}
