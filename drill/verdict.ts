/** The checks of a drill, a line each. */
export class Verdict {
  holds = true;

  /** `what` is what has to be so; `more` says how much was looked at, or what is wrong. */
  check(what: string, isSo: boolean, more = ''): void {
    this.holds &&= isSo;
    console.log(`${isSo ? 'ok  ' : 'FAIL'}  ${what}${more === '' ? '' : ` (${more})`}`);
  }
}

/** Says what happens, and when, in seconds since the drill began. */
export function tell(what: string): void {
  console.log(`${((performance.now() / 1000) | 0).toString().padStart(4)} s  ${what}`);
}
