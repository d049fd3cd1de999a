import { CONSENTS, type Consent } from '../../core/attempt.ts';
import { html } from '../../html/template.ts';
import { CONSENT_COPY } from '../consent-copy.ts';
import type { ProblemMarks } from '../problems.ts';
import type { Screen, ScreenContext } from '../screen.ts';
import { actions, form, speak, type View } from '../view.ts';

/** J2: four separate consents, each with its text. */
export function viewConsent(
  screen: Extract<Screen, { kind: 'consent' }>,
  context: ScreenContext,
  problems: ProblemMarks,
): View {
  const t = speak(context.language);
  const consent = (name: Consent) => {
    const field = `agree_${name}` as const;
    const label = CONSENT_COPY[name].label[context.language];
    return html`<li><label class="check"><input type="checkbox" name="${field}" value="1" id="f-${field}"${problems.describe(field)}${problems.focus(field)}${screen.agreed.includes(name) && html` checked`}><span>${label} <em>${t('required')}</em></span></label>${problems.beside(field)}<details><summary>${t('read_terms')}<span class="vh"> - ${label}</span></summary><p class="terms">${CONSENT_COPY[name].text[context.language]}</p></details></li>`;
  };
  return {
    title: t('consent_title'),
    heading: t('consent_heading'),
    lead: html`<p class="lead">${t('consent_lead')}</p>`,
    phase: 2,
    body: form(
      context,
      html`<fieldset><legend class="vh">${t('consent_legend')}</legend><label class="check all" data-script hidden><input type="checkbox" name="agree_all" value="1"><span>${t('agree_all')}</span></label><ul class="consents">${CONSENTS.map(consent)}</ul></fieldset>${actions(context, { does: 'next', label: t('consent_next') })}`,
    ),
  };
}
