import { type Language, otherLanguage } from '../html/language.ts';
import { data, type Html, html, shorten } from '../html/template.ts';
import { COPY, PHASES } from './copy.ts';
import { inlineScript, inlineStyle } from './inline.ts';
import type { ProblemMarks } from './problems.ts';
import type { Screen, ScreenContext } from './screen.ts';
import { addressIn, speak, type View } from './view.ts';
import { autoDelay, outcomePicker, ribbon } from './views/sandbox.ts';

const LONGEST_NAME = 40;

/** Who asks: the service's own name, and the merchant behind it if that is another name. */
function asker(context: ScreenContext): Html {
  const service = shorten(context.serviceName, LONGEST_NAME);
  const merchant = shorten(context.merchantName, LONGEST_NAME);
  const [name = '', owner = ''] = [...new Set([service, merchant])].filter((text) => text !== '');
  if (name === '') return html`<p class="asker"><b>${COPY.certification[context.language]}</b></p>`;
  return html`<p class="asker"><span>${COPY.requested_by[context.language]}</span> <b><bdi>${name}</bdi></b>${owner !== '' && html` <small><bdi>${owner}</bdi></small>`}</p>`;
}

function progress(phase: number, language: Language): Html {
  const bars = PHASES.map((_, index) => html`<i${index < phase && html` class="on"`}></i>`);
  return html`<p class="steps"><span class="vh">${PHASES[phase - 1]?.[language]}</span><span class="bars" aria-hidden="true">${bars}</span></p>`;
}

/** A complete document: the parts that are the same on every screen, around those of a view. */
export function layOut(
  kind: Screen['kind'],
  view: View,
  context: ScreenContext,
  problems: ProblemMarks,
): string {
  const { language, nonce, sandbox } = context;
  const t = speak(language);
  const other = otherLanguage(language);
  const title = `${problems.any ? `${t('error_prefix')}: ` : ''}${view.title} - ${t('certification')}`;
  const auto = autoDelay(context);
  return html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${title}</title><meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover,interactive-widget=resizes-content"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><meta name="format-detection" content="telephone=no"><style nonce="${nonce}">${inlineStyle(sandbox !== null)}</style>${view.head}</head>
<body data-screen="${kind}"${context.firstReport !== null && html` data-report="${context.firstReport}"`}${auto !== null && html` data-auto="${auto}"`}>${ribbon(context)}<div class="page"><header>${asker(context)}<a class="lang" href="${addressIn(other, context)}" lang="${other}" hreflang="${other}">${t('other_language')}</a></header>
<main>${view.phase !== null && progress(view.phase, language)}${view.sign}<h1 tabindex="-1"${!problems.any && html` autofocus`}>${view.heading}</h1>${view.lead}${problems.list}${view.body}</main></div>${outcomePicker(view, context)}${context.greeting && html`<script type="application/json" id="greeting">${data(context.greeting)}</script>`}
<script nonce="${nonce}">${inlineScript(sandbox !== null)}</script></body></html>
`.markup;
}
