import { html } from '../../html/template.ts';
import type { ProblemMarks } from '../problems.ts';
import type { ScreenContext } from '../screen.ts';
import { actions, form, speak, type View } from '../view.ts';

/** J3: text message or app, with equal size and none preselected. */
export function viewMethod(context: ScreenContext, problems: ProblemMarks): View {
  const t = speak(context.language);
  return {
    title: t('method_title'),
    heading: t('method_heading'),
    lead: html`<p class="lead">${t('method_lead')}</p>`,
    phase: 3,
    body: form(
      context,
      html`<fieldset role="radiogroup"${problems.describe('method')}><legend>${t('method_legend')}</legend><div class="tiles wide"><label class="tile"><input type="radio" name="method" value="SMS" id="f-method"${problems.focus('method')}><span>${t('method_sms')}<small>${t('method_sms_note')}</small></span></label><label class="tile"><input type="radio" name="method" value="APP"><span>${t('method_app')}<small>${t('method_app_note')}</small></span></label></div>${problems.beside('method')}</fieldset>${actions(context, { does: 'next', label: t('next') })}`,
    ),
  };
}
