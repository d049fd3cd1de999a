import { layOut } from './layout.ts';
import { markProblems, type ProblemMarks } from './problems.ts';
import type { Screen, ScreenContext } from './screen.ts';
import type { View } from './view.ts';
import { viewHandOver, viewWaiting } from './views/agency.ts';
import { viewApp } from './views/app.ts';
import { viewCarrier } from './views/carrier.ts';
import { viewCode } from './views/code.ts';
import { viewConsent } from './views/consent.ts';
import { viewDead } from './views/dead.ts';
import { viewFailure, viewSuccess } from './views/finish.ts';
import { viewMethod } from './views/method.ts';
import { viewPerson } from './views/person.ts';

function view(screen: Screen, context: ScreenContext, problems: ProblemMarks): View {
  switch (screen.kind) {
    case 'carrier':
      return viewCarrier(screen, context, problems);
    case 'consent':
      return viewConsent(screen, context, problems);
    case 'method':
      return viewMethod(context, problems);
    case 'person':
      return viewPerson(screen, context, problems);
    case 'code':
      return viewCode(screen, context, problems);
    case 'app':
      return viewApp(screen, context);
    case 'hand_over':
      return viewHandOver(screen, context);
    case 'waiting':
      return viewWaiting(context);
    case 'success':
      return viewSuccess(screen, context);
    case 'failure':
      return viewFailure(screen, context);
    case 'dead':
      return viewDead(context);
  }
}

/**
 * A screen as one complete HTML document: style sheet and script are inline, with the nonce of the context. Every text
 * of the screen and its context is escaped. Forms and links lead only to the context's action; on the way to an agency
 * also to its address, and at the end to the return address.
 */
export function renderScreen(screen: Screen, context: ScreenContext): string {
  const problems = markProblems(screen, context.language);
  return layOut(screen.kind, view(screen, context, problems), context, problems);
}
