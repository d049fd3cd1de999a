import { html } from '../../html/template.ts';
import type { ScreenContext } from '../screen.ts';
import { speak, type View } from '../view.ts';

/** J10: the ticket was used or is too old; the attempt continues in the window that was opened first. */
export function viewDead(context: ScreenContext): View {
  const t = speak(context.language);
  return {
    title: t('dead_title'),
    heading: t('dead_heading'),
    lead: html`<p class="lead">${t('dead_lead')}</p>`,
    phase: null,
    body: html`<div class="actions" data-script hidden><button class="primary" type="button" data-leave>${t('close')}</button></div><p class="note" data-stuck hidden>${t('close_by_hand')}</p>`,
  };
}
