import { type Html, html, isSafeAddress } from '../html.ts';
import { outcomeLabel, SANDBOX_COPY } from '../sandbox-copy.ts';
import type { Frame, PersonFields } from '../screen.ts';
import { form, type View } from '../view.ts';

/*
 * What the sandbox adds to the screens. Each part is nothing when the frame has no sandbox, and each is asked for by
 * the one screen that may show it.
 */

function say(frame: Frame, name: keyof typeof SANDBOX_COPY): string {
  return SANDBOX_COPY[name][frame.language];
}

/** On every screen: nothing here is real. */
export function ribbon(frame: Frame): Html | null {
  return (
    frame.sandbox &&
    html`<aside class="ribbon" aria-label="${say(frame, 'ribbon')}"><p><b>${say(frame, 'ribbon')}</b> <span>${say(frame, 'advice')}</span></p></aside>`
  );
}

/** On the screen of the person: everybody who exists here, one click each; without a script a list to copy from. */
export function peoplePicker(frame: Frame): Html | null {
  if (!frame.sandbox || frame.sandbox.people.length === 0) return null;
  const people = frame.sandbox.people.map(({ label, name, birth, gender_digit, phone }) => {
    const fields: PersonFields = { name, birth, gender_digit, phone };
    return html`<li><button type="button" class="chip" data-person="${JSON.stringify(fields)}" data-script hidden>${label}</button><noscript>${label}: ${name}, ${birth}-${gender_digit}, ${phone}</noscript></li>`;
  });
  return html`<section class="test" aria-labelledby="people"><h2 id="people">${say(frame, 'people')}</h2><ul class="chips">${people}</ul><p class="note">${say(frame, 'people_note')}</p></section>`;
}

/** Beside the field of the code: the code itself, and where the message lies. */
export function codeHint(frame: Frame): Html | null {
  if (!frame.sandbox) return null;
  const { otp, inboxPath } = frame.sandbox;
  const code =
    otp !== null &&
    html`<p>${say(frame, 'code')} <b class="given">${otp}</b></p><button type="button" class="chip" data-otp="${otp}" data-script hidden>${say(frame, 'fill_code')}</button>`;
  const inbox =
    isSafeAddress(inboxPath) &&
    html`<a class="chip" href="${inboxPath}" target="_blank" rel="noopener">${say(frame, 'inbox')}</a>`;
  return html`<div class="test row">${code}${inbox}</div>`;
}

/** On the screen of the app: there is no app here that could approve. */
export function approvalButton(frame: Frame): Html | null {
  return frame.sandbox?.canApprove
    ? html`<button class="second play" name="do" value="play_approval">${say(frame, 'play_approval')}</button>`
    : null;
}

/** Beside the form of every screen that is a step. */
export function outcomePicker(view: View, frame: Frame): Html | null {
  if (!frame.sandbox || view.phase === null) return null;
  const { outcomes, picker } = frame.sandbox;
  if (picker === 'hidden' || outcomes.length === 0) return null;
  const buttons = outcomes.map(
    (id) =>
      html`<li><button class="chip" name="do" value="outcome:${id}" data-outcome="${id}">${outcomeLabel(id)[frame.language]}</button></li>`,
  );
  return html`<aside class="picker test" aria-label="${say(frame, 'picker')}"><details${picker === 'open' && html` open`}><summary>${say(frame, 'picker')}</summary><p class="note">${say(frame, 'picker_note')}</p>${form(frame, html`<ul class="chips">${buttons}</ul>`)}</details></aside>`;
}

/** Milliseconds after which the page walks on by itself; null when a person walks. */
export function autoDelay(frame: Frame): number | null {
  return frame.sandbox?.auto ?? null;
}
