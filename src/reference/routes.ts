import { type Language, languageOf } from '../html/language.ts';
import { ASK_AGAIN, answerFile, createFile, once, type StaticFile, serveFile } from '../html/static-file.ts';
import type { Handler, Route } from '../http/routes.ts';
import { PAGE_POLICY, renderPage } from './page.ts';
import { readAsset, readRenderer } from './renderer.ts';

/** For addresses that change with the bytes. */
const FOR_GOOD = { headers: ['Cache-Control', 'public, max-age=31536000, immutable'] };

const PAGE_HEADERS = [
  ...ASK_AGAIN,
  'Content-Security-Policy',
  PAGE_POLICY,
  'Referrer-Policy',
  'no-referrer',
  'Cross-Origin-Opener-Policy',
  'same-origin',
];
const SCRIPT = 'text/javascript; charset=UTF-8';

/**
 * The reference: `/openapi.json`, which any page may read, and `/docs`, which draws it. `describe` returns the document
 * in one language; everything is made once, when first asked for.
 */
export function referenceRoutes(describe: (language: Language) => Promise<unknown>): readonly Route[] {
  const documents = inEachLanguage(async (language) =>
    createFile('application/json; charset=UTF-8', `${JSON.stringify(await describe(language), null, 1)}\n`, {
      headers: ASK_AGAIN,
    }),
  );
  const files: Readonly<Record<string, () => StaticFile>> = {
    'redoc.js': once(() => createFile(SCRIPT, readRenderer(), FOR_GOOD)),
    'page.js': once(() => createFile(SCRIPT, readAsset('page.js'), FOR_GOOD)),
    'page.css': once(() => createFile('text/css; charset=UTF-8', readAsset('page.css'), FOR_GOOD)),
  };
  const pages = inEachLanguage(async (language) =>
    createFile(
      'text/html; charset=UTF-8',
      renderPage(language, (name) => versionOf(files[name])),
      { headers: PAGE_HEADERS },
    ),
  );
  return [
    { path: '/openapi.json', methods: { GET: inLanguage(documents) }, public: true },
    { path: '/docs', methods: { GET: inLanguage(pages) } },
    ...Object.entries(files).map(([name, file]) => ({
      path: `/docs/${name}`,
      methods: { GET: serveFile(file) },
    })),
  ];
}

type PerLanguage = Readonly<Record<Language, () => Promise<StaticFile>>>;

function inEachLanguage(make: (language: Language) => Promise<StaticFile>): PerLanguage {
  return { ko: once(() => make('ko')), en: once(() => make('en')) };
}

function inLanguage(perLanguage: PerLanguage): Handler {
  return async (request) => answerFile(request, await perLanguage[languageOf(request.query)]());
}

/** Part of an address; a file that is not installed has none, and the page says so itself. */
function versionOf(file: (() => StaticFile) | undefined): string {
  try {
    return file?.().hash ?? '';
  } catch {
    return '';
  }
}
