import { layOut } from './layout.ts';
import { markProblems, type ProblemMarks } from './problems.ts';
import type { Frame, Screen } from './screen.ts';
import type { View } from './view.ts';
import { viewApp } from './views/app.ts';
import { viewCarrier } from './views/carrier.ts';
import { viewCode } from './views/code.ts';
import { viewConsent } from './views/consent.ts';
import { viewDead } from './views/dead.ts';
import { viewFailure, viewSuccess } from './views/finish.ts';
import { viewMethod } from './views/method.ts';
import { viewPerson } from './views/person.ts';

function view(screen: Screen, frame: Frame, problems: ProblemMarks): View {
  switch (screen.kind) {
    case 'carrier':
      return viewCarrier(screen, frame, problems);
    case 'consent':
      return viewConsent(screen, frame, problems);
    case 'method':
      return viewMethod(frame, problems);
    case 'person':
      return viewPerson(screen, frame, problems);
    case 'code':
      return viewCode(screen, frame, problems);
    case 'app':
      return viewApp(screen, frame);
    case 'success':
      return viewSuccess(screen, frame);
    case 'failure':
      return viewFailure(screen, frame);
    case 'dead':
      return viewDead(frame);
  }
}

/**
 * A screen as one HTML document with everything in it: style sheet and script stand inline under the frame's nonce.
 * Every text of screen and frame is written as text. Forms and links lead to the frame's action only, and at the
 * end to the address of the finish.
 */
export function renderScreen(screen: Screen, frame: Frame): string {
  const problems = markProblems(screen, frame.language);
  return layOut(screen.kind, view(screen, frame, problems), frame, problems);
}
