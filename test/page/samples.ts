import type { Finish, SandboxPanel, Screen, ScreenContext } from '../../src/page/screen.ts';
import { OUTCOME_IDS } from '../../src/sandbox/page-add-ons/extras.ts';

/* One of everything that can stand on the page, with invented people, for tests and pictures. */

export const PANEL: SandboxPanel = {
  people: [
    { label: '심청', name: '심청', birth: '950815', gender_digit: '2', phone: '01000000002' },
    { label: '김도윤 (미성년자)', name: '김도윤', birth: '120301', gender_digit: '3', phone: '01000000003' },
    {
      label: 'ANNA KIM (외국인)',
      name: 'ANNA KIM',
      birth: '880505',
      gender_digit: '6',
      phone: '01000000004',
    },
    { label: '이알뜰 (알뜰폰)', name: '이알뜰', birth: '791130', gender_digit: '1', phone: '01000000005' },
  ],
  otp: '123456',
  inboxPath: '/sandbox/inbox',
  outcomes: OUTCOME_IDS,
  picker: 'folded',
  canApprove: true,
  auto: null,
};

export const FRAME: ScreenContext = {
  language: 'ko',
  nonce: 'bm9uY2Utb2YtYS1zYW1wbGU',
  action: '/page/s/sample',
  step: 3,
  merchantName: '가상상점',
  serviceName: '가상상점 회원가입',
  greeting: {
    to: 'opener',
    message: '{"bonin":1,"type":"ready","imp_uid":"imp_000000000001"}',
    targetOrigin: 'https://shop.example',
  },
  firstReport: null,
  sandbox: null,
};

const MESSAGE: Finish = {
  way: 'message',
  to: 'opener',
  message: '{"bonin":1,"type":"done","imp_uid":"imp_000000000001"}',
  targetOrigin: '*',
};
const PERSON = { name: '심청', birth: '950815', gender_digit: '2', phone: '01000000002' };

/** Each screen of the page, some of them in more than one state. */
export const SCREENS = {
  carrier: {
    kind: 'carrier',
    offered: ['SKT', 'KT', 'LGT', 'MVNO'],
    chosen: null,
    network: null,
    problems: [],
  },
  'carrier-mvno': {
    kind: 'carrier',
    offered: ['SKT', 'KT', 'LGT', 'MVNO'],
    chosen: 'MVNO',
    network: null,
    problems: [{ field: 'network', sentence: 'choose_network' }],
  },
  consent: { kind: 'consent', agreed: [], problems: [] },
  'consent-problems': {
    kind: 'consent',
    agreed: ['personal', 'carrier'],
    problems: [
      { field: 'agree_unique_id', sentence: 'agree_needed' },
      { field: 'agree_service', sentence: 'agree_needed' },
    ],
  },
  method: { kind: 'method', problems: [] },
  'method-problems': { kind: 'method', problems: [{ field: 'method', sentence: 'choose_method' }] },
  person: { kind: 'person', method: 'SMS', fields: PERSON, problems: [] },
  'person-empty': {
    kind: 'person',
    method: 'APP',
    fields: { name: '', birth: '', gender_digit: '', phone: '' },
    problems: [],
  },
  'person-problems': {
    kind: 'person',
    method: 'SMS',
    fields: { ...PERSON, birth: '9508', gender_digit: '9', phone: '0100' },
    problems: [
      { field: 'name', sentence: 'name_invalid' },
      { field: 'birth', sentence: 'birth_invalid' },
      { field: 'gender_digit', sentence: 'gender_digit_invalid' },
      { field: 'phone', sentence: 'phone_invalid' },
    ],
  },
  'person-refused': {
    kind: 'person',
    method: 'SMS',
    fields: PERSON,
    problems: [{ field: 'form', sentence: 'person_refused' }],
  },
  code: {
    kind: 'code',
    maskedPhone: '010-****-0002',
    secondsLeft: 180,
    triesLeft: 5,
    sendsLeft: 4,
    resendIn: 30,
    problems: [],
  },
  'code-problems': {
    kind: 'code',
    maskedPhone: '010-****-0002',
    secondsLeft: 95,
    triesLeft: 3,
    sendsLeft: 4,
    resendIn: 0,
    problems: [{ field: 'otp', sentence: 'otp_wrong' }],
  },
  'code-over': {
    kind: 'code',
    maskedPhone: '010-****-0002',
    secondsLeft: 0,
    triesLeft: 5,
    sendsLeft: 0,
    resendIn: 0,
    problems: [{ field: 'otp', sentence: 'otp_late' }],
  },
  app: { kind: 'app', canUseSms: true, problems: [] },
  'app-problems': {
    kind: 'app',
    canUseSms: false,
    problems: [{ field: 'form', sentence: 'not_approved_yet' }],
  },
  'hand-over': {
    kind: 'hand_over',
    address: 'https://agency.example/start',
    fields: { id: 'A1234567890123456789' },
  },
  'hand-over-link': { kind: 'hand_over', address: 'https://agency.example/start?id=1', fields: null },
  waiting: { kind: 'waiting' },
  success: { kind: 'success', finish: MESSAGE },
  'success-return': {
    kind: 'success',
    finish: { way: 'return', address: 'https://shop.example/done?a=1&imp_uid=imp_000000000001' },
  },
  'success-silent': { kind: 'success', finish: { way: 'silent', close: false } },
  failure: { kind: 'failure', reason: 'IDENTITY_MISMATCH', budgetAdvice: true, finish: MESSAGE },
  'failure-cancel': {
    kind: 'failure',
    reason: 'USER_CANCEL',
    budgetAdvice: false,
    finish: { ...MESSAGE, to: 'parent', targetOrigin: 'https://shop.example' },
  },
  dead: { kind: 'dead' },
} satisfies Record<string, Screen>;

export type Sample = keyof typeof SCREENS;
export const SAMPLES = Object.keys(SCREENS) as Sample[];
/** Those that leave or ask again by themselves. */
export const LEAVING: readonly Sample[] = ['success-return', 'hand-over', 'hand-over-link', 'waiting'];
