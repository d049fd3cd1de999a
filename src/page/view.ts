import { COPY } from './copy.ts';
import { type Html, html } from './html.ts';
import type { Language, ScreenContext } from './screen.ts';

/** What one screen puts into the layout. */
export interface View {
  /** For `<title>` and the history of the browser. */
  readonly title: string;
  readonly heading: string;
  /** A picture above the heading, for the last screens. */
  readonly sign?: Html;
  /** Under the heading. */
  readonly lead: Html | null;
  /** Where the person stands, 1 to 4; null on screens that are no step. */
  readonly phase: number | null;
  readonly body: Html;
  /** For the head of the document. */
  readonly head?: Html;
}

/** The sentences of `copy.ts` in one language. */
export function speak(language: Language): (name: keyof typeof COPY) => string {
  return (name) => COPY[name][language];
}

/** Where a form of this page goes, or a link that changes the language. */
export function addressIn(language: Language, context: ScreenContext): string {
  return `${context.action}?lang=${language}`;
}

/** A form of this page; the step goes along so that an older one does nothing. */
export function form(context: ScreenContext, body: Html): Html {
  return html`<form method="post" action="${addressIn(context.language, context)}" novalidate><input type="hidden" name="step" value="${context.step}">${body}</form>`;
}

/**
 * The buttons under a form. The first one is what the Enter key presses. Cancelling stands on every screen before
 * the result and needs no field.
 */
export function actions(
  context: ScreenContext,
  primary: { does: string; label: string },
  more: Html | null = null,
): Html {
  const t = speak(context.language);
  return html`<div class="actions"><button class="primary" name="do" value="${primary.does}">${primary.label}</button>${more}<button class="quiet" name="do" value="cancel" formnovalidate>${t('cancel')}</button></div>`;
}
