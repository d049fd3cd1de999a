const WIDTH = 30;
/** Milliseconds between two updates on a terminal, and between two lines elsewhere. */
const REDRAW = 100;
const NEXT_LINE = 3000;

/**
 * A progress bar on standard error, with the rate and the time left; where standard error is not a terminal, a line
 * every few seconds. At the end it prints the rate.
 */
export function createProgress(label: string, total: number, unit = 'rows'): (done: number) => void {
  const startedAt = performance.now();
  const onTerminal = process.stderr.isTTY === true;
  let drawnAt = onTerminal ? Number.NEGATIVE_INFINITY : startedAt;
  return (done) => {
    const now = performance.now();
    const isDone = done >= total;
    if (!isDone && now - drawnAt < (onTerminal ? REDRAW : NEXT_LINE)) return;
    drawnAt = now;
    const seconds = Math.max((now - startedAt) / 1000, 0.001);
    const rate = done / seconds;
    const share = isDone ? 1 : done / total;
    const text = isDone
      ? `${label}  ${format(done)} ${unit} in ${seconds.toFixed(1)} s, ${format(rate)}/s`
      : `${label}  ${Math.floor(share * 100)} %  ${format(done)} of ${format(total)} ${unit}  ${format(rate)}/s  ${format((total - done) / rate)} s left`;
    const filled = Math.round(share * WIDTH);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
    process.stderr.write(onTerminal ? `\r\x1b[2K${bar} ${text}${isDone ? '\n' : ''}` : `${text}\n`);
  };
}

/** A count for people. */
export function format(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
