import type { AnswerFormat, RenderError } from '../../src/http/answers.ts';

/** A surface that answers in plain text and renders errors in this way. */
export function formatOf(renderError: RenderError): AnswerFormat {
  return { textHeaders: ['Content-Type', 'text/plain'], bareHeaders: [], allowedHeaders: '', renderError };
}
