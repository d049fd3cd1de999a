import { data, type Html, html, isSafeAddress, raw } from '../../html/template.ts';
import { FAILURE_COPY } from '../failure-copy.ts';
import type { Finish, Screen, ScreenContext } from '../screen.ts';
import { speak, type View } from '../view.ts';

/** If the address is not safe for a person, the window stays open instead. */
function checked(finish: Finish): Finish {
  return finish.way === 'return' && !isSafeAddress(finish.address) ? { way: 'silent', close: false } : finish;
}

/** How the person leaves: automatically with script, and by a button in any case. */
function leave(finish: Finish, context: ScreenContext): Html {
  const t = speak(context.language);
  const way =
    finish.way === 'return'
      ? html`<p class="note">${t('returns_itself')}</p><div class="actions"><a class="primary" href="${finish.address}" rel="noreferrer" data-leave>${t('back_to_service')}</a></div>`
      : html`${(finish.way === 'message' || finish.close) && html`<p class="note" data-script hidden>${t('closes_itself')}</p>`}<div class="actions" data-script hidden><button class="primary" type="button" data-leave>${t('close')}</button></div><noscript><p>${t('close_by_hand')}</p></noscript><p class="note" data-stuck hidden>${t('close_by_hand')}</p>`;
  return html`${way}<script type="application/json" id="finish">${data(finish)}</script>`;
}

/** Without script the page also returns automatically. */
function refresh(finish: Finish): Html {
  return html`${finish.way === 'return' && html`<noscript><meta http-equiv="refresh" content="1;url=${finish.address}"></noscript>`}`;
}

const DONE = raw(
  '<svg class="sign" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/><path d="m15 25 6 6 12-13"/></svg>',
);
const NOT_DONE = raw(
  '<svg class="sign not" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/><path d="M24 13v14m0 7v.5"/></svg>',
);

/** J7: success; the result is sent. The screen shows no personal data. */
export function viewSuccess(screen: Extract<Screen, { kind: 'success' }>, context: ScreenContext): View {
  const t = speak(context.language);
  const finish = checked(screen.finish);
  return {
    title: t('success_title'),
    heading: t('success_heading'),
    sign: DONE,
    lead: null,
    phase: null,
    body: leave(finish, context),
    head: refresh(finish),
  };
}

/** J8: failure, and the reason. To try again, the shop must make a new call. */
export function viewFailure(screen: Extract<Screen, { kind: 'failure' }>, context: ScreenContext): View {
  const t = speak(context.language);
  const finish = checked(screen.finish);
  return {
    title: t('failure_title'),
    heading: t('failure_heading'),
    sign: NOT_DONE,
    lead: html`<p class="lead">${FAILURE_COPY[context.language][screen.reason]}</p>${screen.budgetAdvice && html`<p class="advice">${t('budget_advice')}</p>`}`,
    phase: null,
    body: leave(finish, context),
    head: refresh(finish),
  };
}
