import type {
  AdapterTools,
  HostedBegin,
  HostedRequest,
  HostedResult,
  HostedReturn,
  Provider,
} from '../../core/provider.ts';
import { AppError } from '../../errors.ts';
import { hasRepeatedField, readCode, toLogText } from '../agency-text.ts';
import { callAgency } from '../call.ts';
import { readJsonObject, textOf } from '../json.ts';
import { openMessage, sealMessage } from './crypto.ts';
import { toPerson } from './person.ts';
import { type KcpSettings, parseSettings } from './settings.ts';

/** Where one of KCP's environments is. */
interface KcpHost {
  readonly origin: string;
  /** Origins on which its window may be. */
  readonly windows: RegExp;
  /** How long each try waits for an answer, in milliseconds; only tests are less patient than KCP asks. */
  readonly patience?: number;
}
export type KcpEndpoints = Readonly<Record<KcpSettings['environment'], KcpHost>>;

const PRODUCTION: KcpEndpoints = {
  test: {
    origin: 'https://testcert.kcp.co.kr',
    windows: /^https:\/\/(?:test|stg)[a-z0-9-]*(?:\.[a-z0-9-]+)*\.kcp\.co\.kr$/,
  },
  production: {
    origin: 'https://cert.kcp.co.kr',
    windows: /^https:\/\/(?!test|stg)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.kcp\.co\.kr$/,
  },
};

const NAME = 'kcp-v2';
const SECOND = 1000;
/** Less than the core's patience for a beginning, which is nine seconds. */
const REGISTER = { timeout: 8.5 * SECOND, repeats: { most: 0, within: 0 } };
/** Both tries end five seconds before the claim of the process that asks. */
const QUERY = { timeout: 30 * SECOND, total: 55 * SECOND, repeats: { most: 1, within: 50 * SECOND } };

const SUCCESS = '0000';
const CANCELLED = '9999';
const LONGEST_RETURN_ADDRESS = 256;
const LONGEST_WINDOW_ADDRESS = 512;
const LONGEST_TID = 50;
const TRADE_KEY = /^[\x21-\x7e]{1,100}$/;

/**
 * The adapter of NHN KCP's identity verification V2 with KCP's own window. The memo is KCP's key of the trade. The
 * answer to the query does not repeat that key or our id, so both are taken from what was kept and never from the
 * browser.
 */
export function createKcpV2(tools: AdapterTools, endpoints: KcpEndpoints = PRODUCTION): Provider {
  return {
    name: NAME,
    shows: ['kcp_v2'],
    parseSettings,
    isTest: (settings) => settings['environment'] === 'test',
    hosted: {
      isRepeatable: false,
      begin: (request) => begin(tools, endpoints, request),
      contradicts,
      complete: (returned) => complete(tools, endpoints, returned),
    },
  };
}

/** Registers the trade, and leads to the window that KCP names. */
async function begin(
  tools: AdapterTools,
  endpoints: KcpEndpoints,
  { settings: saved, attemptId, returnAddress, state }: HostedRequest,
): Promise<HostedBegin> {
  const settings = saved as KcpSettings;
  const host = endpoints[settings.environment];
  if (returnAddress.length > LONGEST_RETURN_ADDRESS)
    throw new AppError('provider_misconfigured', {
      detail: `${NAME} register: the return address has more than ${LONGEST_RETURN_ADDRESS} characters`,
    });
  const trade = {
    site_cd: settings.site_cd,
    ordr_idxx: attemptId,
    Ret_URL: returnAddress,
    web_siteid: settings.web_siteid,
    param_opt_1: state,
    param_opt_2: '',
    param_opt_3: '',
  };
  const { rv, cipher } = await sealMessage(JSON.stringify(trade), settings);
  const answer = await ask(tools, {
    step: 'register',
    attemptId,
    url: `${host.origin}/api/reg/certDataReg.do`,
    headers: { 'Content-Type': 'application/json', site_cd: settings.site_cd, rv },
    body: cipher,
    ...REGISTER,
    ...(host.patience !== undefined && { timeout: host.patience }),
  });
  const { code } = answer;
  if (code !== SUCCESS) {
    // There is no person yet, so KCP's words are about settings and contract: the operator needs them.
    const message = toLogText(textOf(answer.members, 'res_msg'));
    logCode(tools, { step: 'register', attempt: attemptId, message }, code);
    throw new AppError('provider_misconfigured', {
      detail: `${NAME} register: ${message}`,
      ...readCode(code),
    });
  }
  const address = textOf(answer.members, 'call_url');
  const key = textOf(answer.members, 'reg_cert_key');
  if (!isWindow(address, host)) throw unreadable('register', 'call_url is no address of a window of KCP');
  if (!TRADE_KEY.test(key)) throw unreadable('register', 'reg_cert_key is not 1 to 100 printable characters');
  const fields = { reg_cert_key: key, kcp_page_submit_yn: settings.page_submit };
  return { address, fields, memo: key };
}

/** A field that is there twice, or a state or key that is not the one that was kept. An empty one counts as absent. */
function contradicts({ memo, state, fields }: HostedReturn): string | null {
  if (hasRepeatedField(fields)) return 'a field is there twice';
  const isOther = (name: string, kept: string) => {
    const value = fieldOf(fields, name);
    return value !== '' && value !== kept;
  };
  if (isOther('param_opt_1', state)) return 'param_opt_1 is not the state of this attempt';
  if (isOther('reg_cert_key', memo)) return 'reg_cert_key is not the key of this attempt';
  return null;
}

/** Asks for the result of the trade, unless the browser brought back that there is none. */
async function complete(
  tools: AdapterTools,
  endpoints: KcpEndpoints,
  { settings: saved, attemptId, memo, isCancel, fields, now }: HostedReturn,
): Promise<HostedResult> {
  const settings = saved as KcpSettings;
  const isTest = settings.environment === 'test';
  const returned = fieldOf(fields, 'res_cd');
  if (returned !== SUCCESS) logCode(tools, { step: 'return', attempt: attemptId }, returned);
  if (isCancel || returned === CANCELLED)
    throw new AppError('person_cancelled', { detail: `${NAME} return: given up`, ...readCode(returned) });
  if (returned !== SUCCESS) throw refused('return', returned);
  const { origin, patience } = endpoints[settings.environment];
  const answer = await ask(tools, {
    step: 'query',
    attemptId,
    url: `${origin}/api/query/getCertData.do`,
    headers: { 'Content-Type': 'application/json', site_cd: settings.site_cd },
    body: JSON.stringify({ reg_cert_key: memo, ordr_idxx: attemptId }),
    ...QUERY,
    ...(patience !== undefined && { timeout: patience }),
  });
  const { code, members } = answer;
  if (code !== SUCCESS) {
    logCode(tools, { step: 'query', attempt: attemptId }, code);
    throw refused('query', code);
  }
  const message = { rv: textOf(members, 'rv'), cipher: textOf(members, 'enc_cert_data') };
  const payload = readJsonObject(await openMessage(message, settings), `${NAME} query`);
  if (Object.hasOwn(payload, 'res_cd') && payload['res_cd'] !== SUCCESS)
    throw refused('query', textOf(payload, 'res_cd'));
  const { identity, unclear } = toPerson(payload, isTest, now);
  const tids = [textOf(payload, 'per_cert_no'), memo, attemptId];
  const providerTid = tids.find((each) => each !== '' && each.length <= LONGEST_TID) ?? '';
  return { providerTid, identity, unclear, mayLackBirthday: isTest };
}

/** Calls KCP and reads its plain answer, which must have a code that is text. */
async function ask(tools: AdapterTools, call: Omit<Parameters<typeof callAgency>[1], 'adapter'>) {
  const members = readJsonObject(await callAgency(tools, { adapter: NAME, ...call }), `${NAME} ${call.step}`);
  const code = members['res_cd'];
  if (typeof code !== 'string') throw unreadable(call.step, 'no res_cd');
  return { code, members };
}

function logCode({ log }: AdapterTools, line: Readonly<Record<string, string>>, code: string): void {
  const { providerCode = 'not a code' } = readCode(code);
  log('warn', { adapter: NAME, ...line, code: providerCode }, 'an agency refused');
}

/** Whether KCP's window may be at this address. Backslashes, user names and blanks are read in two ways by some. */
function isWindow(address: string, { windows }: KcpHost): boolean {
  const [whole, origin = ''] =
    /^(https?:\/\/[0-9A-Za-z.:-]+)(?:[/?][\x21-\x5b\x5d-\x7e]*)?$/.exec(address) ?? [];
  return (
    whole !== undefined &&
    address.length <= LONGEST_WINDOW_ADDRESS &&
    windows.test(URL.parse(origin)?.origin ?? '')
  );
}

function fieldOf(fields: HostedReturn['fields'], name: string): string {
  return fields.find(([each]) => each === name)?.[1] ?? '';
}

function refused(step: string, code: string): AppError {
  return new AppError('provider_refused', { detail: `${NAME} ${step}: refused`, ...readCode(code) });
}

function unreadable(step: string, detail: string): AppError {
  return new AppError('unreadable_answer', { detail: `${NAME} ${step}: ${detail}` });
}
