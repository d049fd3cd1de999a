const WIDTH = 30;
/** Milliseconds between two drawings on a terminal, and between two lines elsewhere. */
const REDRAW = 100;
const NEXT_LINE = 3000;

/**
 * A progress bar on standard error, with the rate and the time left; where standard error is not a terminal, a line
 * every few seconds.
 */
export function createProgress(label: string, total: number, unit = 'rows'): (done: number) => void {
  const startedAt = performance.now();
  const onTerminal = process.stderr.isTTY === true;
  let drawnAt = onTerminal ? Number.NEGATIVE_INFINITY : startedAt;
  return (done) => {
    const now = performance.now();
    if (now - drawnAt < (onTerminal ? REDRAW : NEXT_LINE) && !(onTerminal && done >= total)) return;
    drawnAt = now;
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const rate = done / Math.max((now - startedAt) / 1000, 0.001);
    const left = done === 0 ? '?' : String(Math.ceil(Math.max(0, total - done) / rate));
    const text = `${label}  ${Math.floor(share * 100)} %  ${format(done)} of ${format(total)} ${unit}  ${format(rate)}/s  ${left} s left`;
    if (!onTerminal) {
      process.stderr.write(`${text}\n`);
      return;
    }
    const filled = Math.round(share * WIDTH);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
    process.stderr.write(`\r\x1b[2K${bar} ${text}${done >= total ? '\n' : ''}`);
  };
}

/** A count for people. */
export function format(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
