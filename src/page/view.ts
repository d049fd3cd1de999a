import type { Language } from '../html/language.ts';
import { type Html, html } from '../html/template.ts';
import { COPY } from './copy.ts';
import type { ScreenContext } from './screen.ts';

/** The parts of one screen that the layout shows. */
export interface View {
  /** For `<title>` and the browser's history. */
  readonly title: string;
  readonly heading: string;
  /** A picture above the heading, for the last screens. */
  readonly sign?: Html;
  /** The text under the heading. */
  readonly lead: Html | null;
  /** The step of the person, 1 to 4; null on screens that are not a step. */
  readonly phase: number | null;
  readonly body: Html;
  /** Additions to the document's head. */
  readonly head?: Html;
}

/** The texts of `copy.ts` in one language. */
export function speak(language: Language): (name: keyof typeof COPY) => string {
  return (name) => COPY[name][language];
}

/** The address for a form of this page, or for a link that changes the language. */
export function addressIn(language: Language, context: ScreenContext): string {
  return `${context.action}?lang=${language}`;
}

/** A form of this page. It contains the step, so that an outdated form has no effect. */
export function form(context: ScreenContext, body: Html): Html {
  return html`<form method="post" action="${addressIn(context.language, context)}" novalidate><input type="hidden" name="step" value="${context.step}">${body}</form>`;
}

/**
 * The buttons under a form. The Enter key presses the first one. Every screen before the result has a cancel button,
 * which needs no field.
 */
export function actions(
  context: ScreenContext,
  primary: { does: string; label: string },
  more: Html | null = null,
): Html {
  const t = speak(context.language);
  return html`<div class="actions"><button class="primary" name="do" value="${primary.does}">${primary.label}</button>${more}<button class="quiet" name="do" value="cancel" formnovalidate>${t('cancel')}</button></div>`;
}
