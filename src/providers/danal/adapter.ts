import { CARRIER_CHOICES, type CarrierChoice } from '../../core/identity.ts';
import type {
  AdapterTools,
  HostedBegin,
  HostedRequest,
  HostedResult,
  HostedReturn,
  Provider,
} from '../../core/provider.ts';
import { AppError } from '../../errors.ts';
import { hasRepeatedField } from '../agency-text.ts';
import { type AgencyCall, callAgency } from '../call.ts';
import { type Fields, readAnswer, unreadable } from './answers.ts';
import { readMemo, writeMemo } from './memo.ts';
import { requireSuccess, type Step } from './refusals.ts';
import { readResult } from './result.ts';
import { type DanalSettings, parseSettings, readSettings } from './settings.ts';

/** Where Danal is reached. */
export interface DanalEndpoints {
  readonly server: string;
  readonly window: string;
  /** The older form for mobile devices. */
  readonly mobileWindow: string;
}

/** Danal has one host for tests and production; the CPID decides. */
const PRODUCTION: DanalEndpoints = {
  server: 'https://uas.teledit.com/uas/',
  window: 'https://wauth.teledit.com/Danal/WebAuth/Web/Start.php',
  mobileWindow: 'https://wauth.teledit.com/Danal/WebAuth/Mobile/Start.php',
};

/**
 * ITEMSEND may be repeated, since each gives a visit of its own. Nobody knows whether CONFIRM may: it is asked once
 * more only when no answer began, and both tries end before another process could take over.
 */
const PATIENCE: Readonly<Record<Step, Pick<AgencyCall, 'timeout' | 'total' | 'repeats'>>> = {
  itemsend: { timeout: 30_000, total: 9_000, repeats: { most: 2, within: 8_000 } },
  confirm: { timeout: 30_000, total: 54_000, repeats: { most: 1, within: 50_000 } },
};

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' };
/** How the window names the carriers. */
const WINDOW_CARRIERS: Readonly<Record<CarrierChoice, string>> = {
  SKT: 'SKT',
  KT: 'KTF',
  LGT: 'LGT',
  MVNO: 'MVNO',
};
const TID = /^[0-9A-Za-z]{1,64}$/;
const USUAL_TID = /^\d{24}$/;

/** The adapter of Danal (다날 휴대폰 본인인증, UAS). `endpoints` are others only where Danal is played by a simulator. */
export function createDanal(tools: AdapterTools, endpoints: DanalEndpoints = PRODUCTION): Provider {
  const warn = (
    step: string,
    attempt: string,
    line: Record<string, string | readonly string[]>,
    text: string,
  ) => tools.log('warn', { adapter: 'danal', step, attempt, ...line }, text);

  async function ask(
    step: Step,
    attemptId: string,
    settings: DanalSettings,
    fields: Readonly<Record<string, string>>,
  ): Promise<Fields> {
    const call = { adapter: 'danal', step, attemptId, url: endpoints.server, headers: FORM };
    const body = await callAgency(tools, { ...call, ...PATIENCE[step], body: toForm(fields) });
    return readAnswer(body, settings);
  }

  async function begin(request: HostedRequest): Promise<HostedBegin> {
    const { channel, attemptId, returnAddress, minimumAge, prefill } = request;
    const settings = readSettings(request.settings, channel);
    const answer = await ask('itemsend', attemptId, settings, {
      TXTYPE: 'ITEMSEND',
      SERVICE: 'UAS',
      AUTHTYPE: '36',
      CPID: settings.cpid,
      CPPWD: settings.cppwd,
      TARGETURL: returnAddress,
      CPTITLE: settings.cp_title,
      ORDERID: attemptId,
      ...(settings.send_user_id && { USERID: attemptId }),
      ...(minimumAge !== null && { AGELIMIT: String(minimumAge).padStart(3, '0') }),
      CHARSET: 'UTF-8',
    });
    requireSuccess(answer.get('RETURNCODE'), 'itemsend');
    const tid = answer.get('TID') ?? '';
    if (!TID.test(tid)) throw unreadable('itemsend: it has no TID');
    if (!USUAL_TID.test(tid)) warn('itemsend', attemptId, {}, 'a TID does not have 24 digits');
    const fixesPhone = prefill.phone !== '';
    if (fixesPhone && !channel.carrierApproval)
      warn(
        'itemsend',
        attemptId,
        {},
        'a fixed phone number is only shown: results of this channel have none',
      );
    return {
      address: settings.mobile_window ? endpoints.mobileWindow : endpoints.window,
      fields: toWindowForm(answer, tid, settings, request),
      memo: writeMemo({ tid, sendsUserId: settings.send_user_id, fixesPhone }),
    };
  }

  async function complete(completion: HostedReturn): Promise<HostedResult> {
    const { channel, attemptId, fields, isCancel } = completion;
    const codes = fields.filter(isCode).map(([, value]) => value);
    if (codes.length > 0)
      warn('return', attemptId, { codes }, 'the browser brought codes, which are not read');
    if (isCancel) throw new AppError('person_cancelled', { detail: 'danal: the browser came to BackURL' });
    const settings = readSettings(completion.settings, channel);
    const memo = readMemo(completion.memo);
    const answer = await ask('confirm', attemptId, settings, {
      TXTYPE: 'CONFIRM',
      TID: memo.tid,
      CPID: settings.cpid,
      ORDERID: attemptId,
      CONFIRMOPTION: '1',
      IDENOPTION: '1',
      CHARSET: 'UTF-8',
    });
    const { unknownCarrier, ...result } = readResult(answer, { ...completion, settings, memo });
    if (unknownCarrier !== null)
      warn('confirm', attemptId, { carrier: unknownCarrier }, 'a carrier that nobody knows');
    return result;
  }

  return {
    name: 'danal',
    shows: ['danal'],
    parseSettings,
    hosted: { isRepeatable: false, begin, contradicts, complete },
  };
}

/** Why a return cannot belong to the attempt. A person who gives up is believed whatever else comes along. */
function contradicts({ memo, state, isCancel, fields }: HostedReturn): string | null {
  if (isCancel) return null;
  if (hasRepeatedField(fields)) return 'a field is there twice';
  const values = new Map(fields);
  if (values.get('TID') !== readMemo(memo).tid) return 'the TID of another visit';
  const echoed = values.get('ByPassValue') ?? '';
  return echoed === '' || echoed === state ? null : 'the state of another attempt';
}

/** The form with which the browser goes to Danal's window. */
function toWindowForm(
  answer: Fields,
  tid: string,
  { bg_color, logo_url }: DanalSettings,
  { returnAddress, state, carriers, prefill }: HostedRequest,
): Readonly<Record<string, string>> {
  const passed = [...answer].filter(([name]) => name !== 'RETURNCODE' && name !== 'RETURNMSG');
  const isChoice = carriers.length < CARRIER_CHOICES.length;
  return {
    ...Object.fromEntries(passed),
    TID: tid,
    BackURL: `${returnAddress}/back`,
    IsCharSet: 'UTF-8',
    BgColor: bg_color,
    ...(logo_url === null ? { IsUseCI: 'N' } : { IsUseCI: 'Y', CIURL: logo_url }),
    ...(isChoice && { IsCarrier: carriers.map((each) => WINDOW_CARRIERS[each]).join(';') }),
    ...(prefill.phone !== '' && { IsDstAddr: toHyphenated(prefill.phone) }),
    ...(prefill.name !== '' && { IsNAME: prefill.name }),
    ByPassValue: state,
  };
}

/** `010-1111-1111` or `011-111-1111`. */
function toHyphenated(digits: string): string {
  return digits.replace(/^(\d{3})(\d{3,4})(\d{4})$/, '$1-$2-$3');
}

/** A field that looks like a code of Danal, which has four characters: too short for anything about a person. */
function isCode([name, value]: readonly [string, string]): boolean {
  return /CODE$/i.test(name) && /^-?[0-9A-Za-z]{1,4}$/.test(value);
}

function toForm(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .join('&');
}
