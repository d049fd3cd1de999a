import { decryptFrom, encryptFor, fromBase64, type Site } from './cipher.ts';
import type { SimulatedPerson } from './people.ts';

/** What nobody outside of KCP knows for sure; each may be tried. */
export interface Unknowns {
  /** Whether an order that was registered before is refused. */
  readonly refusesRepeats: boolean;
  /** What a second query about one trade gets. */
  readonly secondQuery: 'same' | 'refused';
  /** Whether the return has the key. */
  readonly returnsKey: boolean;
  /** Whether the return has `param_opt_1` to `param_opt_3`. */
  readonly returnsOptions: boolean;
  /** In which members CI and DI are. */
  readonly linkingValues: 'both' | 'plain' | 'encoded' | 'lower-case';
  /** Whether a result has a number of its own. */
  readonly hasNumber: boolean;
  /** Whether birthday, sex and nationality are empty, as on KCP's test server. */
  readonly isTestHost: boolean;
}

/** What a person can do in the window. `fail` brings back a code. */
export const ACTIONS = ['approve', 'empty', 'cancel', 'fail'] as const;
export type Action = (typeof ACTIONS)[number];

export interface WindowAct {
  readonly does: Action;
  readonly person?: SimulatedPerson;
  /** With `fail`. Default: `CS12`. */
  readonly code?: string;
}

type Members = Readonly<Record<string, unknown>>;

export interface Trade {
  readonly key: string;
  readonly site: Site;
  readonly order: string;
  readonly returnAddress: string;
  readonly options: Readonly<Record<string, string>>;
  /** What the person did; null before. */
  act: WindowAct | null;
  queries: number;
}

/** The members of a registration, and how long each may be. */
const LONGEST: Readonly<Record<string, number>> = {
  site_cd: 5,
  ordr_idxx: 50,
  Ret_URL: 256,
  web_siteid: 12,
  param_opt_1: 500,
  param_opt_2: 500,
  param_opt_3: 500,
};
const REQUIRED = ['site_cd', 'ordr_idxx', 'Ret_URL'];
const LIFE = 15 * 60_000;

/** An answer with a code of the simulator's own. */
function refuse(code: string, why: string): Members {
  return { res_cd: code, res_msg: encodeURIComponent(why) };
}

/** The trades that shops have registered. */
export class Trades {
  readonly #sites: readonly Site[];
  readonly #clock: () => number;
  readonly #unknowns: Unknowns;
  readonly #trades = new Map<string, Trade & { readonly since: number }>();

  constructor(sites: readonly Site[], clock: () => number, unknowns: Unknowns) {
    this.#sites = sites;
    this.#clock = clock;
    this.#unknowns = unknowns;
  }

  get all(): readonly Trade[] {
    return [...this.#trades.values()];
  }

  /** The trade with this key while its window may be opened. */
  findOpen(key: string): Trade | undefined {
    const trade = this.#trades.get(key);
    const isOpen = trade !== undefined && trade.act === null && this.#clock() < trade.since + LIFE;
    return isOpen ? trade : undefined;
  }

  /** Registers a trade, or refuses. `window` is the address of the window. */
  async register(siteCode: string, salt: string, body: string, window: string): Promise<Members> {
    const site = this.#sites.find(({ code }) => code === siteCode);
    if (site === undefined) return refuse('S101', '사이트코드 오류');
    if (/^"|"$|^\{/.test(body)) return refuse('S102', '본문은 암호문 그대로여야 합니다');
    const trade = await readTrade(site, salt, body);
    if (typeof trade === 'string') return refuse('S103', trade);
    const why = findFault(trade, site);
    if (why !== null) return refuse('S104', why);
    const order = trade['ordr_idxx'] ?? '';
    if (this.#unknowns.refusesRepeats && this.all.some((each) => each.site === site && each.order === order))
      return refuse('S105', '주문번호 중복');
    const key = randomKey();
    const options = ['param_opt_1', 'param_opt_2', 'param_opt_3'].map((name) => [name, trade[name] ?? '']);
    this.#trades.set(key, {
      key,
      site,
      order,
      returnAddress: trade['Ret_URL'] ?? '',
      options: Object.fromEntries(options),
      act: null,
      queries: 0,
      since: this.#clock(),
    });
    return { res_cd: '0000', res_msg: encodeURIComponent('정상처리'), call_url: window, reg_cert_key: key };
  }

  /** What the person does, once; returns the form that the browser then posts. */
  act(
    key: string,
    act: WindowAct,
  ): { readonly address: string; readonly fields: Readonly<Record<string, string>> } {
    const trade = this.findOpen(key);
    if (trade === undefined) throw new Error('there is no open trade with this key');
    trade.act = act;
    const { code = 'CS12' } = act;
    const said = { approve: '0000', empty: '0000', cancel: '9999', fail: code }[act.does];
    const fields = {
      res_cd: said,
      res_msg: encodeURIComponent(said === '0000' ? '정상처리' : '인증 오류'),
      ...(this.#unknowns.returnsKey && { reg_cert_key: key }),
      ...(this.#unknowns.returnsOptions && trade.options),
    };
    return { address: trade.returnAddress, fields };
  }

  /** The result of a trade, encrypted; `change` is what the payload has instead. */
  async query(siteCode: string, body: string, change: Members): Promise<Members> {
    let asked: Members;
    try {
      asked = JSON.parse(body) as Members;
    } catch {
      return refuse('Q101', 'JSON 오류');
    }
    const trade = this.#trades.get(String(asked['reg_cert_key']));
    if (trade === undefined || trade.site.code !== siteCode) return refuse('Q102', '거래가 없습니다');
    if (trade.order !== asked['ordr_idxx']) return refuse('Q103', '주문번호 오류');
    const { act } = trade;
    if (act === null || act.does === 'cancel' || act.does === 'fail')
      return refuse('CS24', '인증되지 않은 거래');
    trade.queries += 1;
    if (trade.queries > 1 && this.#unknowns.secondQuery === 'refused') return refuse('Q104', '조회된 거래');
    const payload = { ...this.#payloadOf(act, trade), ...change };
    const { salt, encrypted } = await encryptFor(trade.site, JSON.stringify(payload));
    return { res_cd: '0000', res_msg: encodeURIComponent('정상처리'), enc_cert_data: encrypted, rv: salt };
  }

  #payloadOf({ does, person }: WindowAct, { order }: Trade): Members {
    const { linkingValues, hasNumber, isTestHost } = this.#unknowns;
    const told = does === 'approve' ? person : undefined;
    const unlessTest = (text = '') => (isTestHost ? '' : text);
    const [ci, di] = [told?.ci ?? '', told?.di ?? ''];
    const encoded = { CI_URL: encodeURIComponent(ci), DI_URL: encodeURIComponent(di) };
    return {
      res_cd: '0000',
      res_msg: '정상처리',
      user_name: told?.name ?? '',
      phone_no: told?.phone ?? '',
      birth_day: unlessTest(told?.birthday),
      sex_code: unlessTest(told?.sex),
      local_code: unlessTest(told?.nationality),
      comm_id: told?.carrier ?? '',
      ...(linkingValues === 'lower-case' && { ci, di }),
      ...((linkingValues === 'both' || linkingValues === 'plain') && { CI: ci, DI: di }),
      ...((linkingValues === 'both' || linkingValues === 'encoded') && encoded),
      ...(hasNumber && { per_cert_no: `N${order}` }),
    };
  }
}

/** The members of a registration, or why they cannot be read. */
async function readTrade(site: Site, salt: string, body: string) {
  try {
    if (fromBase64(salt).length !== 16) return '솔트 길이 오류';
    return JSON.parse(await decryptFrom(site, salt, body)) as Readonly<Record<string, string>>;
  } catch {
    return '복호화 오류';
  }
}

/** What is wrong with a registration; null for nothing. */
function findFault(trade: Readonly<Record<string, unknown>>, site: Site): string | null {
  for (const [name, value] of Object.entries(trade)) {
    const longest = LONGEST[name];
    if (longest === undefined) return `${name}: 모르는 항목`;
    if (typeof value !== 'string') return `${name}: 형식 오류`;
    if (value.length > longest) return `${name}: 길이 오류`;
  }
  const missing = REQUIRED.find((name) => !trade[name]);
  if (missing !== undefined) return `${missing}: 필수 항목`;
  if (trade['site_cd'] !== site.code) return 'site_cd: 헤더와 다름';
  if (!/^[0-9A-Za-z]+$/.test(String(trade['ordr_idxx']))) return 'ordr_idxx: 형식 오류';
  if (!/^[0-9A-Za-z]*$/.test(String(trade['web_siteid'] ?? ''))) return 'web_siteid: 형식 오류';
  return URL.canParse(String(trade['Ret_URL'])) ? null : 'Ret_URL: 형식 오류';
}

function randomKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (each) => each.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}
