import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';
import { escapeNonAscii } from '../ascii-json.ts';
import type { ScriptTexts } from '../browser/values.ts';
import { AppError } from '../errors.ts';
import { answerFile, createFile, once, type StaticFile, serveFile } from '../html/static-file.ts';
import type { Route } from '../http/routes.ts';
import { FAILURES } from './failure.ts';

/** The browser script's files, in the order in which they are put together. */
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

/** The addresses of the browser script: classic, as a module, and under its names of old. */
export function scriptRoutes(): readonly Route[] {
  const code = once(readCode);
  const classic = once(() =>
    makeScript(
      `(function(){"use strict";
${code()}
var element=document.currentScript;
if(!(window.IMP||{}).init)window.IMP=createImp(element&&element.src||"",${JSON.stringify(TEXTS)});
})();
`,
    ),
  );
  const module = once(() =>
    makeScript(
      `${code()}
const IMP=createImp(import.meta.url,${JSON.stringify(TEXTS)});
export default IMP;
export const {${MEMBERS.join(',')}}=IMP;
`,
    ),
  );
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

/** In ASCII, for pages and proxies that ignore the character set. */
function makeScript(text: string): StaticFile {
  return createFile('text/javascript; charset=utf-8', escapeNonAscii(text), { headers: HEADERS, gzip: true });
}

/** The code that both forms share. From source the types are taken out; what was built is JavaScript already. */
function readCode(): string {
  const extension = extname(import.meta.url);
  return FILES.map((name) => {
    const text = readFileSync(new URL(`../browser/${name}${extension}`, import.meta.url), 'utf8');
    return pack(extension === '.ts' ? stripTypes(text) : text);
  }).join('\n');
}

/** Leaves out imports, the word `export`, comment lines and indentation; no text in the script spans lines. */
function pack(code: string): string {
  return code
    .replace(/^import [^;]*;$/gm, '')
    .replace(/^export (?=(async )?(function|const) )/gm, '')
    .replace(/^export {};$/gm, '')
    .replace(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^\s+|[ \t]+$/gm, '')
    .replace(/ {2,}/g, ' ');
}

/** Node calls this experimental and would print a warning when Bonin runs from source. */
function stripTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
