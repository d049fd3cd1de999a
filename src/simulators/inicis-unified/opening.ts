import { createHash } from 'node:crypto';

/** A merchant with a contract. */
export interface InicisMerchant {
  readonly mid: string;
  readonly apiKey: string;
  /** 16 ASCII characters. */
  readonly iv: string;
}

/** What a merchant's form asks for when it opens the window. */
export interface Opening {
  readonly merchant: InicisMerchant;
  readonly service: '01' | '03';
  readonly mTxId: string;
  readonly successUrl: string;
  readonly failUrl: string;
  /** Null when the merchant fixes nobody. */
  readonly fixed: { readonly name: string; readonly phone: string; readonly birthday: string } | null;
  readonly isSealed: boolean;
  readonly asksForSex: boolean;
  readonly directAgency: string | null;
}

export const AGENCIES = {
  PASS: 'PASS',
  TOSS: '토스',
  KFTC: '금융결제원',
  KAKAO: '카카오',
  NAVER: '네이버',
  SAMSUNG: '삼성패스',
  SHINHAN: '신한',
  KB: 'KB국민은행',
  HANA: '하나은행',
  WOORI: '우리은행',
  NH: 'NH농협',
  KAKAOBANK: '카카오뱅크',
  IBK: 'IBK기업은행',
  SMS: '문자',
} as const;
const AGENCIES_OF_03 = ['TOSS', 'KFTC', 'SHINHAN', 'KB', 'HANA', 'WOORI', 'KAKAOBANK', 'IBK', 'SMS'];

/** The fields of the form, whether they must be there, and their longest value in bytes. */
const FIELDS: Readonly<Record<string, { readonly isRequired: boolean; readonly most: number }>> = {
  mid: { isRequired: true, most: 10 },
  reqSvcCd: { isRequired: true, most: 2 },
  mTxId: { isRequired: true, most: 20 },
  successUrl: { isRequired: true, most: 128 },
  failUrl: { isRequired: true, most: 128 },
  authHash: { isRequired: true, most: 64 },
  flgFixedUser: { isRequired: true, most: 1 },
  userName: { isRequired: false, most: 25 },
  userPhone: { isRequired: false, most: 11 },
  userBirth: { isRequired: false, most: 8 },
  userHash: { isRequired: false, most: 64 },
  reservedMsg: { isRequired: false, most: 40 },
  FRGNDInfo: { isRequired: false, most: 1 },
  directAgency: { isRequired: false, most: 10 },
  DI_CODE: { isRequired: false, most: 12 },
  logoUrl: { isRequired: false, most: 500 },
};

/** The agencies that a window offers. */
export function agenciesOf(service: Opening['service']): readonly string[] {
  return service === '03' ? AGENCIES_OF_03 : Object.keys(AGENCIES);
}

/** What a form asks for; or what is wrong with it, as a sentence. */
export function readOpening(form: URLSearchParams, merchants: readonly InicisMerchant[]): Opening | string {
  const names = [...form.keys()];
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated !== undefined) return `${repeated} is there twice`;
  for (const name of names) if (!Object.hasOwn(FIELDS, name)) return `${name} is unknown`;
  for (const [name, { isRequired, most }] of Object.entries(FIELDS)) {
    const value = form.get(name) ?? '';
    if (isRequired && value === '') return `${name} is missing`;
    if (Buffer.byteLength(value) > most) return `${name} is longer than ${most} bytes`;
  }
  const read = (name: string) => form.get(name) ?? '';
  const merchant = merchants.find(({ mid }) => mid === read('mid'));
  if (merchant === undefined) return 'mid is unknown';
  const service = read('reqSvcCd');
  if (service !== '01' && service !== '03') return 'reqSvcCd is neither 01 nor 03';
  const mTxId = read('mTxId');
  if (read('authHash') !== sha256(merchant.mid, mTxId, merchant.apiKey)) return 'authHash is wrong';
  for (const name of ['successUrl', 'failUrl']) if (!URL.canParse(read(name))) return `${name} is no address`;
  const fixed = readFixed(form, merchant, service);
  if (typeof fixed === 'string') return fixed;
  for (const [name, pattern] of OTHERS) {
    const value = form.get(name);
    if (value !== null && !pattern.test(value)) return `${name} is wrong`;
  }
  const directAgency = form.get('directAgency');
  if (directAgency !== null && !agenciesOf(service).includes(directAgency))
    return 'directAgency is not offered';
  if (service === '01' && form.has('DI_CODE')) return 'DI_CODE is for service 03';
  return {
    merchant,
    service,
    mTxId,
    successUrl: read('successUrl'),
    failUrl: read('failUrl'),
    fixed,
    isSealed: read('reservedMsg') === 'isUseToken=Y',
    asksForSex: read('FRGNDInfo') !== 'N',
    directAgency,
  };
}

const OTHERS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['reservedMsg', /^isUseToken=[YN]$/],
  ['FRGNDInfo', /^[YN]$/],
  ['DI_CODE', /^[!-~]+$/],
  ['logoUrl', /^https:\/\//],
];

function readFixed(
  form: URLSearchParams,
  { mid }: InicisMerchant,
  service: string,
): Opening['fixed'] | string {
  const [name, phone, birthday] = ['userName', 'userPhone', 'userBirth'].map((each) => form.get(each) ?? '');
  const flag = form.get('flgFixedUser');
  if (flag === 'N')
    return name || phone || birthday || form.has('userHash') ? 'flgFixedUser is N with a person' : null;
  if (flag !== 'Y') return 'flgFixedUser is neither Y nor N';
  if (!name || name !== name.normalize('NFC')) return 'userName is missing or not composed';
  if (!/^\d{10,11}$/.test(phone ?? '')) return 'userPhone is no number';
  if (!/^\d{8}$/.test(birthday ?? '')) return 'userBirth is no day';
  const hash = sha256(name, mid, phone ?? '', form.get('mTxId') ?? '', birthday ?? '', service);
  if (form.get('userHash') !== hash) return 'userHash is wrong';
  return { name, phone: phone ?? '', birthday: birthday ?? '' };
}

function sha256(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
