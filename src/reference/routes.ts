import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { AppError } from '../errors.ts';
import type { Handler, Route } from '../http/routes.ts';
import { answerFile, once, type StaticFile, staticFile } from './files.ts';
import { type Lang, langOf, PAGE_POLICY, renderPage } from './page.ts';

/** Asked again before each use, and then mostly answered 304. */
const FRESH = ['Cache-Control', 'no-cache'];
/** For addresses that change with the bytes. */
const FOR_GOOD = ['Cache-Control', 'public, max-age=31536000, immutable'];

const PAGE_HEADERS = [
  ...FRESH,
  'Content-Security-Policy',
  PAGE_POLICY,
  'Referrer-Policy',
  'no-referrer',
  'Cross-Origin-Opener-Policy',
  'same-origin',
];
const SCRIPT = 'text/javascript; charset=UTF-8';
const RENDERER = 'redoc.standalone.js';

/**
 * The reference: `/openapi.json`, which any page may read, and `/docs`, which draws it. `describe` returns the document
 * in one language; everything is made once, when first asked for.
 */
export function referenceRoutes(describe: (lang: Lang) => Promise<unknown>): readonly Route[] {
  const documents = inEachLang(async (lang) =>
    staticFile(
      'application/json; charset=UTF-8',
      `${JSON.stringify(await describe(lang), null, 1)}\n`,
      FRESH,
    ),
  );
  const files: Readonly<Record<string, () => StaticFile>> = {
    'redoc.js': once(() => staticFile(SCRIPT, readRenderer(), FOR_GOOD)),
    'page.js': once(() => staticFile(SCRIPT, readAsset('page.js'), FOR_GOOD)),
    'page.css': once(() => staticFile('text/css; charset=UTF-8', readAsset('page.css'), FOR_GOOD)),
  };
  const pages = inEachLang(async (lang) =>
    staticFile(
      'text/html; charset=UTF-8',
      renderPage(lang, (name) => versionOf(files[name])),
      PAGE_HEADERS,
    ),
  );
  return [
    { path: '/openapi.json', methods: { GET: inLang(documents) }, public: true },
    { path: '/docs', methods: { GET: inLang(pages) } },
    ...Object.entries(files).map(([name, file]) => ({
      path: `/docs/${name}`,
      methods: { GET: async (request) => answerFile(request, file()) } satisfies Route['methods'],
    })),
  ];
}

type PerLang = Readonly<Record<Lang, () => Promise<StaticFile>>>;

function inEachLang(make: (lang: Lang) => Promise<StaticFile>): PerLang {
  return { ko: once(() => make('ko')), en: once(() => make('en')) };
}

function inLang(perLang: PerLang): Handler {
  return async (request) => answerFile(request, await perLang[langOf(request.query)]());
}

/** Part of an address; a file that is not installed has none, and the page says so itself. */
function versionOf(file: (() => StaticFile) | undefined): string {
  try {
    return file?.().etag.slice(1, -1) ?? '';
  } catch {
    return '';
  }
}

/**
 * The script that draws the reference. A published package has it beside this file; the sources find it among the
 * development packages. Throws `route_unknown` where neither is installed, and the page then says where the document is.
 */
function readRenderer(): Uint8Array {
  const copied = new URL(`./assets/${RENDERER}`, import.meta.url);
  if (existsSync(copied)) return readFileSync(copied);
  try {
    return readFileSync(createRequire(import.meta.url).resolve(`redoc/bundles/${RENDERER}`));
  } catch (cause) {
    throw new AppError('route_unknown', { detail: 'the renderer of the reference is not installed', cause });
  }
}

/** A file of the page that comes along. */
function readAsset(name: string): Uint8Array {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url));
}
