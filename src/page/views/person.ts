import { type Html, html, raw } from '../../html/template.ts';
import type { ProblemMarks } from '../problems.ts';
import type { PersonFields, Screen, ScreenContext } from '../screen.ts';
import { actions, form, speak, type View } from '../view.ts';
import { peoplePicker } from './sandbox.ts';

/** Hints for the device's keyboard in each field. The lengths prevent typing or pasting a whole registration number. */
const INPUTS: Readonly<Record<keyof PersonFields, Html>> = {
  name: raw('type="text" autocomplete="name" maxlength="50" enterkeyhint="next"'),
  birth: raw('type="text" inputmode="numeric" autocomplete="off" maxlength="6" enterkeyhint="next"'),
  gender_digit: raw('type="text" inputmode="numeric" autocomplete="off" maxlength="1" enterkeyhint="next"'),
  phone: raw('type="tel" inputmode="numeric" autocomplete="tel-national" maxlength="20" enterkeyhint="send"'),
};

/** J4: name, birthday with one digit, phone. The rest of the registration number is only shown as a mask. */
export function viewPerson(
  screen: Extract<Screen, { kind: 'person' }>,
  context: ScreenContext,
  problems: ProblemMarks,
): View {
  const t = speak(context.language);
  const input = (field: keyof PersonFields, note?: string) =>
    html`<input ${INPUTS[field]} spellcheck="false" name="${field}" id="f-${field}" value="${screen.fields[field]}"${problems.describe(field, note)}${problems.focus(field)}>`;
  return {
    title: t('person_title'),
    heading: t('person_heading'),
    lead: html`<p class="lead">${t('person_lead')}</p>${peoplePicker(context)}`,
    phase: 3,
    body: form(
      context,
      html`<div class="field"><label for="f-name">${t('name')}</label>${input('name')}${problems.beside('name')}</div><div class="number"><div class="field birth"><label for="f-birth">${t('birth')}</label>${input('birth', 'h-birth')}</div><span class="dash" aria-hidden="true">–</span><div class="field digit"><label for="f-gender_digit">${t('gender_digit')}</label><span class="masked">${input('gender_digit', 'h-gender_digit')}<span aria-hidden="true">●●●●●●</span></span></div></div><p class="note" id="h-birth">${t('birth_note')}</p>${problems.beside('birth')}<p class="note" id="h-gender_digit">${t('gender_digit_note')}</p>${problems.beside('gender_digit')}<div class="field"><label for="f-phone">${t('phone')}</label>${input('phone', 'h-phone')}<p class="note" id="h-phone">${t('phone_note')}</p>${problems.beside('phone')}</div>${actions(context, { does: 'next', label: t(screen.method === 'APP' ? 'send_app' : 'send_code') })}`,
    ),
  };
}
