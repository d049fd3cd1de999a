import type { CertificationFailure, CertificationResult, Imp } from './index.ts';
import { openLayer, openPopup, type Stage } from './layer.ts';
import { ask } from './server.ts';
import {
  baseOf,
  clean,
  findTier,
  isObject,
  isReturnable,
  parse,
  pause,
  type Raw,
  returnAddress,
  type ScriptTexts,
  type ScriptWord,
  toPlain,
  toResult,
} from './values.ts';

/*
 * The browser script. It is served as text: its files one after the other, without imports. So names must be unique in
 * all files, and the syntax must be ES2020 at most (numeric separators are newer).
 */

/** How long the server may fail to answer, in milliseconds. */
const PATIENCE = 10000;
/** Intervals while a window is open: check the popup, ask the server. */
const LOOK = 250;
const ASK = 5000;
/** Intervals after the window has closed: ask the server; the same while a popup may still be open. */
const SETTLE = 1000;
const WAIT = 2000;
/** If a wait lasts this much longer, the device slept or the page was in the background. */
const SLEEP = 4000;
/** How many times to ask whether the person has come back from an agency, before the attempt is ended by force. */
const TRIES = 3;

/** One call of `certification`. */
interface Call {
  readonly callback: unknown;
  readonly returnTo: string | undefined;
  readonly merchantUid: string;
  readonly ended: Promise<void>;
  impUid: string | undefined;
  pgProvider: string | undefined;
  handle: string | undefined;
  stage: Stage | null;
  /** The window is closed, and the server is asked for the result. */
  settling: boolean;
  /** Nobody asked to end it: its popup only looks closed. */
  doubtful: boolean;
  /** A newer call replaces it. */
  isReplaced: boolean;
  isOver: boolean;
  /** Removes timers and listeners. */
  readonly cleanup: (() => void)[];
  /** Resolves `ended`. */
  readonly told: () => void;
}

/** Creates the `IMP` object. `source` is the script's own address, or empty. */
export function createImp(source: string, texts: ScriptTexts): Imp {
  let base = baseOf(source) || findBase();
  let userCode: string | undefined;
  let tier: string | undefined;
  let current: Call | null = null;

  function certification(param: unknown, callback: unknown): void {
    const call = newCall(param, callback);
    try {
      base = base || findBase();
      if (!userCode || !base) end(call, 'NOT_READY');
      else if (!isObject(param)) end(call, 'INVALID_PARAM');
      else begin(call, param);
    } catch {
      end(call, 'SYSTEM_ERROR');
    }
  }

  function begin(call: Call, param: Raw): void {
    const body = toStart(param, call);
    const older = current;
    if (older) replace(older);
    current = call;

    const mobile = /iPhone|iPad|iPod|Android|Mobile/.test(navigator.userAgent);
    const wish = clean(param['popup']);
    const wantsPopup = !mobile || (wish !== undefined && wish !== 'false' && wish !== '0');
    const leaves = !wantsPopup && call.returnTo !== undefined;
    // The server checks every address that it gets. With a callback, the address is not needed.
    if (leaves || typeof call.callback !== 'function') body['m_redirect_url'] = call.returnTo;
    // Open it now: browsers block a popup that opens later.
    call.stage = wantsPopup ? openPopup() : null;
    body['window'] = call.stage ? 'popup' : leaves ? 'redirect' : 'layer';
    if (!call.stage && !leaves) call.stage = openLayer(mobile, () => cancel(call));
    if (call.stage) watch(call, call.stage, body['window'] === 'layer');
    if (older) void older.ended.then(() => start(call, body));
    else void start(call, body);
  }

  async function start(call: Call, body: Raw): Promise<void> {
    if (call.isOver) return;
    const answer = await post('/page/start', body, PATIENCE, (late) => abandon(late));
    if (call.isOver) return abandon(answer);
    if (!answer) return end(call, 'NETWORK_ERROR');
    const warning = clean(answer['warning']);
    if (warning) console.warn(`[IMP] ${warning}`);
    if (answer['ok'] !== true) return end(call, answer);
    call.impUid = clean(answer['imp_uid']);
    call.pgProvider = clean(answer['pg_provider']);
    call.handle = clean(answer['handle']);
    const address = clean(answer['url']);
    if (!call.impUid || !call.handle || !address || !/^https?:/.test(address))
      return end(call, 'SYSTEM_ERROR');
    if (call.stage) return call.stage.fill(address);
    // The browser goes to another address; the result comes back in the query.
    call.isOver = true;
    current = null;
    location.href = address;
  }

  /** Watches an open window: its messages, whether it is still open, and the server's result. */
  function watch(call: Call, stage: Stage, isLayer: boolean): void {
    const onMessage = (event: MessageEvent) => {
      if (event.origin !== originOf(base) || !stage.holds(event.source) || typeof event.data !== 'string')
        return;
      const message = parse(event.data);
      if (message?.['bonin'] !== 1 || !call.impUid || message['imp_uid'] !== call.impUid) return;
      if (message['type'] === 'ready' && !call.settling) stage.ready();
      if (message['type'] === 'done' && isObject(message['result'])) end(call, message['result']);
    };
    const onShow = (event: PageTransitionEvent) => {
      // The page was restored from the browser's cache, and the frame in it no longer works.
      if (event.persisted && isLayer) void settle(call, true);
    };
    window.addEventListener('message', onMessage);
    window.addEventListener('pageshow', onShow);
    const look = setInterval(() => {
      if (!call.settling && stage.isGone()) {
        call.doubtful = !isLayer;
        void settle(call, false);
      }
    }, LOOK);
    let asking = false;
    const poll = setInterval(async () => {
      if (asking || call.settling || !call.handle) return;
      asking = true;
      const answer = await post('/page/result', { handle: call.handle }, PATIENCE);
      asking = false;
      endIfDone(call, answer);
    }, ASK);
    call.cleanup.push(() => {
      window.removeEventListener('message', onMessage);
      window.removeEventListener('pageshow', onShow);
      clearInterval(look);
      clearInterval(poll);
    });
  }

  /**
   * Closes the window, asks the server for the result, and ends the attempt there if it has not ended. `askFirst`: it
   * may have ended long ago. A popup that looks closed may still be open, because some pages are separated from their
   * popups. The server knows, and answers `wait` until the popup has closed.
   */
  async function settle(call: Call, askFirst: boolean): Promise<void> {
    if (call.settling || call.isOver) return;
    call.settling = true;
    if (!call.doubtful) closeStage(call);
    const { handle } = call;
    if (!handle) return end(call, 'USER_CANCEL');
    let path = askFirst ? '/page/result' : '/page/close';
    let isClosing = !askFirst;
    let isForced = false;
    let tries = 0;
    let heard = performance.now();
    while (!call.isOver && !call.isReplaced) {
      const body = isForced && path === '/page/close' ? { handle, force: true } : { handle };
      let silence = performance.now() - heard;
      if (silence > 2 * PATIENCE) {
        // No request takes this long: the device slept, and the server may be reachable.
        heard = performance.now();
        silence = 0;
      }
      if (silence > PATIENCE - LOOK) return end(call, 'NETWORK_ERROR');
      const answer = await post(path, body, PATIENCE - silence);
      if (endIfDone(call, answer)) return;
      const waits = !!answer && answer['wait'] === true;
      if (answer) {
        heard = performance.now();
        if (path === '/page/close') {
          if (waits && !call.doubtful && !isForced) {
            isForced = true;
            continue;
          }
          if (!waits || isForced) path = '/page/result';
        } else {
          tries += 1;
          if ((tries >= TRIES && !isForced) || !isClosing) {
            path = '/page/close';
            isForced = isClosing;
            isClosing = true;
            continue;
          }
        }
      }
      const wait = waits ? WAIT : SETTLE;
      const from = Date.now();
      await pause(wait);
      if (Date.now() - from > wait + SLEEP) {
        // The device slept, so the server's silence does not count. A popup that also slept needs time to report
        // itself.
        heard = performance.now();
        await pause(wait);
      }
    }
  }

  /** Ends a call on request: close button, Esc, `IMP.close()`. */
  function cancel(call: Call): void {
    call.doubtful = false;
    closeStage(call);
    void settle(call, false);
  }

  /** Ends a call because a newer one replaces it. If it had already ended on the server, it gets that result. */
  function replace(call: Call): void {
    call.isReplaced = true;
    call.settling = true;
    closeStage(call);
    const { handle } = call;
    const closed = handle
      ? post('/page/close', { handle, force: true }, TRIES * SETTLE)
      : Promise.resolve(null);
    void closed.then((answer) => endIfDone(call, answer) || end(call, 'REPLACED'));
  }

  function endIfDone(call: Call, answer: Raw | null): boolean {
    if (!answer || call.isOver) return call.isOver;
    if (answer['state'] === 'done' && isObject(answer['result'])) end(call, answer['result']);
    else if (answer['ok'] === false && !call.isReplaced) end(call, answer);
    return call.isOver;
  }

  /** Ends an attempt whose call is already over. */
  function abandon(answer: Raw | null): void {
    if (answer && clean(answer['handle'])) {
      void post('/page/close', { handle: answer['handle'], force: true }, PATIENCE);
    }
  }

  function end(call: Call, outcome: ScriptWord | Raw): void {
    if (call.isOver) return;
    call.isOver = true;
    closeStage(call);
    for (const clear of call.cleanup) clear();
    if (current === call) current = null;
    let raw = typeof outcome === 'string' ? { error_reason: outcome } : outcome;
    if (call.isReplaced && raw['error_reason'] === 'USER_CANCEL') raw = { error_reason: 'REPLACED' };
    const result = toResult(raw, call, texts);
    // Never during the merchant's own call.
    setTimeout(() => {
      tell(call, result);
      call.told();
    }, 0);
  }

  function tell(call: Call, result: CertificationResult): void {
    const { callback, returnTo } = call;
    if (!result.success) console.error(`[IMP] ${result.error_code} ${result.error_msg}`);
    if (typeof callback === 'function') {
      try {
        callback(result);
      } catch (error) {
        console.error(error);
      }
    } else if (returnTo && isReturnable(returnTo) && result.error_reason !== 'INVALID_REDIRECT_URL') {
      location.href = returnAddress(returnTo, result);
    }
  }

  function post(
    path: string,
    body: Raw,
    limit: number,
    onLate?: (answer: Raw | null) => void,
  ): Promise<Raw | null> {
    return ask(`${base}${path}`, body, limit, onLate);
  }

  function toStart(param: Raw, call: Call): Record<string, unknown> {
    const body: Record<string, unknown> = {
      user_code: userCode,
      tier,
      channel_key: clean(param['channelKey']) || clean(param['channel_key']),
      merchant_uid: call.merchantUid,
      page: location.href.replace(/#.*/, '').slice(0, 2000),
      sandbox: toPlain(param['sandbox']),
    };
    for (const name of ['pg', 'min_age', 'name', 'phone', 'carrier', 'company'])
      body[name] = clean(param[name]);
    return body;
  }

  function close(): void {
    if (current) cancel(current);
  }

  function warn(): void {
    console.warn(`[IMP] ${texts.NOT_SUPPORTED}`);
  }

  function init(code: unknown): void {
    userCode = clean(code);
    tier = undefined;
  }

  return {
    init,
    agency(code, tierCode) {
      init(code);
      tier = findTier(tierCode);
    },
    certification,
    close,
    deinit() {
      close();
      init(undefined);
    },
    request_pay(param: unknown, callback?: (result: CertificationFailure) => void) {
      end(newCall(param, callback), 'NOT_SUPPORTED');
    },
    communicate: warn,
    naver_zzim: warn,
    loadUI: warn,
    updateLoadUIRequest: warn,
    loadModule: warn,
    slots: {},
  };
}

function newCall(param: unknown, callback: unknown): Call {
  let merchantUid: string | undefined;
  let returnTo: string | undefined;
  try {
    if (isObject(param)) {
      merchantUid = clean(param['merchant_uid']);
      returnTo = clean(param['m_redirect_url']);
    }
  } catch {
    // A getter of the shop's object threw. The code that reads all members will meet the same error and report it.
  }
  let told = () => {};
  const ended = new Promise<void>((resolve) => {
    told = resolve;
  });
  return {
    callback,
    returnTo,
    merchantUid: merchantUid || `nobody_${Date.now()}`,
    impUid: undefined,
    pgProvider: undefined,
    handle: undefined,
    ended,
    stage: null,
    settling: false,
    doubtful: false,
    isReplaced: false,
    isOver: false,
    cleanup: [],
    told,
  };
}

function closeStage(call: Call): void {
  const { stage } = call;
  call.stage = null;
  if (stage) stage.close();
}

/** Finds the script's own element when nothing else tells the address of the script. */
function findBase(): string | undefined {
  const marked = document.querySelector('script[data-bonin-origin]');
  const origin = marked && clean(marked.getAttribute('data-bonin-origin'));
  if (origin && /^https?:/.test(origin)) return origin.replace(/\/+$/, '');
  for (const script of Array.from(document.scripts)) {
    const base = baseOf(script.src);
    if (base) return base;
  }
  return undefined;
}

function originOf(address: string | undefined): string {
  return address ? new URL(address).origin : '';
}
