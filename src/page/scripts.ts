import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { escapeNonAscii } from '../ascii-json.ts';
import type { ScriptTexts } from '../browser/values.ts';
import { AppError } from '../errors.ts';
import { answerFile, createFile, once, readTexts, type StaticFile, serveFile } from '../html/static-file.ts';
import type { Route } from '../http/routes.ts';
import { FAILURES } from './failure.ts';

/** The files of the browser script, in the order in which they are joined. */
const FILES = ['values', 'server', 'layer', 'sdk'];

const MEMBERS = [
  'init',
  'agency',
  'certification',
  'close',
  'deinit',
  'request_pay',
  'communicate',
  'naver_zzim',
  'loadUI',
  'updateLoadUIRequest',
  'loadModule',
  'slots',
];

const TEXTS: ScriptTexts = {
  USER_CANCEL: FAILURES.USER_CANCEL,
  NOT_READY: FAILURES.NOT_READY,
  INVALID_PARAM: FAILURES.INVALID_PARAM,
  REPLACED: FAILURES.REPLACED,
  NETWORK_ERROR: FAILURES.NETWORK_ERROR,
  NOT_SUPPORTED: FAILURES.NOT_SUPPORTED,
  SYSTEM_ERROR: FAILURES.SYSTEM_ERROR,
};

const HEADERS = ['Cross-Origin-Resource-Policy', 'cross-origin', 'Cache-Control', 'public, max-age=3600'];

const LEGACY_NAME = /^iamport\.payment-[0-9A-Za-z._-]{1,40}\.js$/;

/** Each form of the script and the file that the build makes of it, beside the types in `browser/`. */
export const SCRIPT_FILES = { classic: 'iamport.js', module: 'iamport.esm.js' } as const;
type Form = keyof typeof SCRIPT_FILES;

/** The addresses of the browser script: as a classic script, as a module, and under its old names. */
export function scriptRoutes(): readonly Route[] {
  const classic = once(() => makeFile('classic'));
  const module = once(() => makeFile('module'));
  return [
    { path: '/v1/iamport.js', methods: { GET: serveFile(classic) }, public: true },
    { path: '/v1/iamport.esm.js', methods: { GET: serveFile(module) }, public: true },
    {
      path: '/js/{name}',
      methods: {
        GET: async (request) => {
          if (!LEGACY_NAME.test(request.parameters['name'] ?? '')) throw new AppError('route_unknown');
          return answerFile(request, classic());
        },
      },
      public: true,
    },
  ];
}

function makeFile(form: Form): StaticFile {
  const text = import.meta.url.endsWith('.ts')
    ? composeScript(form)
    : readTexts(new URL('../browser/', import.meta.url), [SCRIPT_FILES[form]]);
  return createFile('text/javascript; charset=utf-8', text, { headers: HEADERS, gzip: true });
}

/** The text of a form, from source only. In ASCII, for pages and proxies that ignore the character set. */
export function composeScript(form: Form): string {
  const code = FILES.map(readCode).join('\n');
  const texts = JSON.stringify(TEXTS);
  return escapeNonAscii(
    form === 'classic'
      ? `(function(){"use strict";
${code}
var element=document.currentScript;
if(!(window.IMP||{}).init)window.IMP=createImp(element&&element.src||"",${texts});
})();
`
      : `${code}
const IMP=createImp(import.meta.url,${texts});
export default IMP;
export const {${MEMBERS.join(',')}}=IMP;
`,
  );
}

/** A file without its types, its imports and the word `export`: the names are unique across the files. */
function readCode(name: string): string {
  const text = readFileSync(new URL(`../browser/${name}.ts`, import.meta.url), 'utf8');
  return stripTypes(text)
    .replace(/^import [^;]*;$/gm, '')
    .replace(/^export (?=(async )?(function|const) )/gm, '');
}

/** Node prints a warning that this is experimental; it is suppressed while Bonin runs from source. */
function stripTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
