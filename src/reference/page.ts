import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../html/language.ts';
import { html } from '../html/template.ts';

const COPY = {
  ko: {
    title: 'Bonin 본인인증 API 문서',
    switch: '언어',
    document: 'OpenAPI 문서',
    skip: '본문으로 건너뛰기',
    waiting: '문서를 그리고 있습니다…',
    failed: '문서를 그리지 못했습니다. OpenAPI 문서를 직접 보십시오.',
    noScript: '이 페이지는 스크립트로 그립니다. OpenAPI 문서를 직접 보십시오.',
  },
  en: {
    title: 'Bonin identity verification API reference',
    switch: 'Language',
    document: 'OpenAPI document',
    skip: 'Skip to the reference',
    waiting: 'Drawing the reference…',
    failed: 'The reference could not be drawn. See the OpenAPI document itself.',
    noScript: 'A script draws this page. See the OpenAPI document itself.',
  },
} as const satisfies Record<Language, Record<string, string>>;

/** Allows only what this server serves. The renderer adds styles to the page, so they need `unsafe-inline`. */
export const PAGE_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page. `version` makes the address of a file change with its bytes. Addresses are relative to `/docs`. */
export function renderPage(language: Language, version: (file: string) => string): string {
  const copy = COPY[language];
  const address = (file: string) => `docs/${file}?v=${version(file)}`;
  const documentAddress = `openapi.json?lang=${language}`;
  const languages = LANGUAGES.map((each, index) => [
    index > 0 && ' · ',
    each === language
      ? html`<strong lang="${each}" aria-current="true">${LANGUAGE_NAMES[each]}</strong>`
      : html`<a href="docs?lang=${each}" lang="${each}" hreflang="${each}">${LANGUAGE_NAMES[each]}</a>`,
  ]);
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${copy.title}</title>
<link rel="stylesheet" href="${address('page.css')}">
<link rel="icon" href="data:,">
<script defer src="${address('redoc.js')}"></script>
<script type="module" src="${address('page.js')}"></script>
</head>
<body>
<a class="skip" href="#reference">${copy.skip}</a>
<header>
<span class="name">Bonin</span>
<a href="${documentAddress}">${copy.document}</a>
<nav aria-label="${copy.switch}">${languages}</nav>
</header>
<main id="reference" tabindex="-1" data-document="${documentAddress}" data-failed="${copy.failed}">
<p class="waiting">${copy.waiting}</p>
<noscript><p>${copy.noScript}</p></noscript>
</main>
</body>
</html>
`.markup;
}
