import { html, shorten } from '../../html/template.ts';
import type { ProblemMarks } from '../problems.ts';
import type { Screen, ScreenContext } from '../screen.ts';
import { actions, form, speak, type View } from '../view.ts';
import { codeHint } from './sandbox.ts';

const LONGEST_PHONE = 20;

function clockFace(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/**
 * J5: one field for the code, and its remaining time. The script counts down from the server's value; without script
 * the page shows that value. The button for another code is missing when none is left.
 */
export function viewCode(
  screen: Extract<Screen, { kind: 'code' }>,
  context: ScreenContext,
  problems: ProblemMarks,
): View {
  const t = speak(context.language);
  const times = (count: number) => t('times').replace('{n}', String(count));
  const seconds = Math.max(0, Math.floor(screen.secondsLeft));
  const wait = Math.max(0, Math.floor(screen.resendIn));
  const resend =
    screen.sendsLeft > 0 &&
    html`<button class="second" name="do" value="resend" formnovalidate data-wait="${wait}"><span>${t('resend')}</span><small data-wait-text="${t('resend_in')}"></small></button>`;
  return {
    title: t('code_title'),
    heading: t('code_heading'),
    lead: html`<p class="lead">${t('code_sent_to')} <b class="phone">${shorten(screen.maskedPhone, LONGEST_PHONE)}</b></p>`,
    phase: 4,
    body: form(
      context,
      html`<div class="field"><label for="f-otp">${t('code_label')}</label><input class="otp" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="12" spellcheck="false" enterkeyhint="done" name="otp" id="f-otp"${problems.describe('otp', 'h-otp')}${problems.focus('otp')}>${problems.beside('otp')}</div>${codeHint(context)}<p class="over" id="over"${seconds > 0 && html` hidden`}>${t('code_over')}</p><dl class="counts" id="h-otp"><div><dt>${t('time_left')}</dt><dd><span role="timer" data-seconds="${seconds}" data-say="${t('seconds_left')}">${clockFace(seconds)}</span></dd></div><div><dt>${t('tries_left')}</dt><dd>${times(screen.triesLeft)}</dd></div><div><dt>${t('sends_left')}</dt><dd>${times(screen.sendsLeft)}</dd></div></dl><p class="vh" id="say" aria-live="polite"></p>${actions(
        context,
        { does: 'next', label: t('confirm') },
        html`<div class="pair">${resend}<button class="second" name="do" value="other_number" formnovalidate>${t('other_number')}</button></div><p class="note">${t('code_help')}</p>`,
      )}`,
    ),
  };
}
