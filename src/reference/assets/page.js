/* Draws the reference with Redoc, and says in Korean what Redoc has no label for. */
/* global Redoc */

const place = document.getElementById('reference');
const isKorean = document.documentElement.lang === 'ko';

const FONT =
  "system-ui, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif";
const CODE_FONT = 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';

const OPTIONS = {
  // Six operations fit into the menu; the search would want a worker made of a blob.
  disableSearch: true,
  // The head of the page leads to the document.
  hideDownloadButtons: true,
  expandResponses: '200',
  jsonSamplesExpandLevel: 'all',
  schemasExpansionLevel: 2,
  scrollYOffset: 'header',
  nativeScrollbars: true,
  theme: {
    colors: { primary: { main: '#1f5fa8' } },
    typography: {
      fontFamily: FONT,
      headings: { fontFamily: FONT, fontWeight: '600' },
      code: { fontFamily: CODE_FONT, color: '#a3242b' },
    },
    sidebar: { width: '240px' },
  },
};

/** What Redoc lets be named. */
const LABELS = {
  enum: '가능한 값',
  enumSingleValue: '값',
  enumArray: '가능한 항목',
  default: '기본값',
  deprecated: '쓰지 마십시오',
  example: '예',
  examples: '예',
  recursive: '되풀이',
  arrayOf: '배열: ',
  const: '고정값',
  noResultsFound: '없음',
  responses: '응답',
  requestSamples: '요청 예',
  responseSamples: '응답 예',
};

/** What it does not, by the whole text. */
const WORDS = new Map([
  ['Authorizations:', '토큰을 보내는 방법:'],
  ['path', '경로의'],
  ['Parameters', '값'],
  ['Request Body schema:', '요청 본문:'],
  ['Response Schema:', '응답 본문:'],
  ['Response Headers', '응답 머리글'],
  ['required', '필수'],
  ['optional', '선택'],
  ['Payload', '본문'],
  ['Content type', '형식'],
  ['Example', '예'],
  ['One of', '다음 중 하나'],
  ['Any of', '다음 중 하나 이상'],
  ['any', '아무 값'],
  ['non-empty', '비어 있지 않음'],
  ['Copy', '복사'],
  ['Copied', '복사했음'],
  ['Expand all', '모두 펼치기'],
  ['Collapse all', '모두 접기'],
  ['expand', '펼치기'],
  ['collapse', '접기'],
  ['Hide pattern', '형식 숨기기'],
  ['Show pattern', '형식 보기'],
  ['Security Scheme Type:', '종류:'],
  ['HTTP Authorization Scheme:', 'HTTP 인증 방식:'],
  ['Header', '머리글'],
  ['Query', '주소'],
  ['parameter name:', '값의 이름:'],
  ['License:', '라이선스:'],
]);

/** The Korean of an English text that Redoc wrote; null where there is nothing to change. */
function inKorean(text) {
  const word = WORDS.get(text.trim());
  if (word !== undefined) return text.replace(text.trim(), word);
  const [, most] = /^<= (\d+) characters$/.exec(text) ?? [];
  if (most !== undefined) return `${most}자 이하`;
  const [, least, greatest] = /^\[ (\d+) \.\. (\d+) \] characters$/.exec(text) ?? [];
  return least === undefined ? null : `${least}–${greatest}자`;
}

function translate(root) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode() ?? (root.nodeType === Node.TEXT_NODE ? root : null); node; ) {
    const korean = node.parentElement?.closest('pre, code') ? null : inKorean(node.nodeValue);
    if (korean !== null) node.nodeValue = korean;
    node = texts.nextNode();
  }
  if (root.nodeType !== Node.ELEMENT_NODE) return;
  for (const element of [root, ...root.querySelectorAll('[aria-label]')]) {
    const korean = inKorean(element.getAttribute('aria-label') ?? '');
    if (korean !== null) element.setAttribute('aria-label', korean);
  }
}

/** Redoc draws parts again and again; each is looked at when it comes. */
function keepTranslating() {
  translate(place);
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes)
      for (const node of type === 'characterData' ? [target] : addedNodes) translate(node);
  }).observe(place, { childList: true, characterData: true, subtree: true });
}

async function draw() {
  const answer = await fetch(place.dataset.document);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const api = await answer.json();
  // Redoc would put a relative address behind its own without resolving it.
  for (const server of api.servers) server.url = new URL(server.url, answer.url).href.replace(/\/$/, '');
  if (isKorean) keepTranslating();
  const options = isKorean ? { ...OPTIONS, labels: LABELS } : OPTIONS;
  await new Promise((resolve, reject) => {
    Redoc.init(api, options, place, (error) => (error ? reject(error) : resolve()));
  });
}

draw().catch((error) => {
  place.textContent = place.dataset.failed;
  throw error;
});
