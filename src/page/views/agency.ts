import { type Html, html, isSafeAddress } from '../../html/template.ts';
import type { Screen, ScreenContext } from '../screen.ts';
import { form, speak, type View } from '../view.ts';

/** Leads to the agency's own window: a script does it at once, otherwise the person presses the button. */
export function viewHandOver(screen: Extract<Screen, { kind: 'hand_over' }>, context: ScreenContext): View {
  const t = speak(context.language);
  const cancel = form(
    context,
    html`<div class="actions"><button class="quiet" name="do" value="cancel" formnovalidate>${t('cancel')}</button></div>`,
  );
  return {
    title: t('hand_over_title'),
    heading: t('hand_over_heading'),
    lead: html`<p class="lead">${t('hand_over_lead')}</p>`,
    phase: null,
    body: html`${way(screen, t('hand_over_next'))}${cancel}`,
  };
}

function way({ address, fields }: Extract<Screen, { kind: 'hand_over' }>, label: string): Html {
  if (!isSafeAddress(address)) return html``;
  if (fields === null)
    return html`<div class="actions"><a class="primary" href="${address}" rel="noreferrer" data-go>${label}</a></div>`;
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return html`<form method="post" action="${address}">${hidden}<div class="actions"><button class="primary" data-go>${label}</button></div></form>`;
}

/** Shown while the server asks the agency for the result. */
export function viewWaiting(context: ScreenContext): View {
  const t = speak(context.language);
  return {
    title: t('waiting_title'),
    heading: t('waiting_heading'),
    lead: html`<p class="lead" role="status">${t('waiting_lead')}</p>`,
    phase: null,
    body: html``,
    head: html`<meta http-equiv="refresh" content="2">`,
  };
}
