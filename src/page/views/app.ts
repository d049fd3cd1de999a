import { html } from '../../html/template.ts';
import type { Screen, ScreenContext } from '../screen.ts';
import { actions, form, speak, type View } from '../view.ts';
import { approvalButton } from './sandbox.ts';

/**
 * J6: the request waits in the carrier's app. This screen does not check it: the person presses a button afterwards.
 */
export function viewApp(screen: Extract<Screen, { kind: 'app' }>, context: ScreenContext): View {
  const t = speak(context.language);
  const toSms =
    screen.canUseSms && html`<button class="second" name="do" value="to_sms">${t('to_sms')}</button>`;
  return {
    title: t('app_title'),
    heading: t('app_heading'),
    lead: html`<p class="lead">${t('app_lead')}</p><p class="lead">${t('app_back')}</p>`,
    phase: 4,
    body: form(
      context,
      actions(context, { does: 'approved', label: t('approved') }, html`${approvalButton(context)}${toSms}`),
    ),
  };
}
