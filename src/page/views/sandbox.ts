import { type Html, html, isSafeAddress } from '../../html/template.ts';
import { outcomeLabel, SANDBOX_COPY } from '../sandbox-copy.ts';
import type { PersonFields, ScreenContext } from '../screen.ts';
import { form, type View } from '../view.ts';

/*
 * The sandbox's additions to the screens. Each is empty when the context has no sandbox, and only the screen that may
 * show it calls it.
 */

function say(context: ScreenContext, name: keyof typeof SANDBOX_COPY): string {
  return SANDBOX_COPY[name][context.language];
}

/** On every screen: nothing here is real. */
export function ribbon(context: ScreenContext): Html | null {
  return (
    context.sandbox &&
    html`<aside class="ribbon" aria-label="${say(context, 'ribbon')}"><p><b>${say(context, 'ribbon')}</b> <span>${say(context, 'advice')}</span></p></aside>`
  );
}

/** On `person`: everybody in the sandbox, one click each; without script a list to copy from. */
export function peoplePicker(context: ScreenContext): Html | null {
  if (!context.sandbox || context.sandbox.people.length === 0) return null;
  const people = context.sandbox.people.map(({ label, name, birth, gender_digit, phone }) => {
    const fields: PersonFields = { name, birth, gender_digit, phone };
    return html`<li><button type="button" class="chip" data-person="${JSON.stringify(fields)}" data-script hidden>${label}</button><noscript>${label}: ${name}, ${birth}-${gender_digit}, ${phone}</noscript></li>`;
  });
  return html`<section class="test" aria-labelledby="people"><h2 id="people">${say(context, 'people')}</h2><ul class="chips">${people}</ul><p class="note">${say(context, 'people_note')}</p></section>`;
}

/** Beside the code's field: the code, and a link to the message. */
export function codeHint(context: ScreenContext): Html | null {
  if (!context.sandbox) return null;
  const { otp, inboxPath } = context.sandbox;
  const code =
    otp !== null &&
    html`<p>${say(context, 'code')} <b class="given">${otp}</b></p><button type="button" class="chip" data-otp="${otp}" data-script hidden>${say(context, 'fill_code')}</button>`;
  const inbox =
    isSafeAddress(inboxPath) &&
    html`<a class="chip" href="${inboxPath}" target="_blank" rel="noopener">${say(context, 'inbox')}</a>`;
  return html`<div class="test row">${code}${inbox}</div>`;
}

/** On `app`: a button, because no app exists here that could approve. */
export function approvalButton(context: ScreenContext): Html | null {
  return context.sandbox?.canApprove
    ? html`<button class="second play" name="do" value="play_approval">${say(context, 'play_approval')}</button>`
    : null;
}

/** Beside the form of every screen with a step. */
export function outcomePicker(view: View, context: ScreenContext): Html | null {
  if (!context.sandbox || view.phase === null) return null;
  const { outcomes, picker } = context.sandbox;
  if (picker === 'hidden' || outcomes.length === 0) return null;
  const buttons = outcomes.map(
    (id) =>
      html`<li><button class="chip" name="do" value="outcome:${id}" data-outcome="${id}">${outcomeLabel(id)[context.language]}</button></li>`,
  );
  return html`<aside class="picker test" aria-label="${say(context, 'picker')}"><details${picker === 'open' && html` open`}><summary>${say(context, 'picker')}</summary><p class="note">${say(context, 'picker_note')}</p>${form(context, html`<ul class="chips">${buttons}</ul>`)}</details></aside>`;
}

/** Milliseconds after which the page continues automatically; null if a person uses it. */
export function autoDelay(context: ScreenContext): number | null {
  return context.sandbox?.auto ?? null;
}
