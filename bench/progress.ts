const WIDTH = 30;
const REDRAW = 100;

/**
 * A progress bar on standard error, with the rate and the time left; plain lines, one for each tenth, where
 * standard error is not a terminal.
 */
export function createProgress(label: string, total: number): (done: number) => void {
  const startedAt = performance.now();
  const onTerminal = process.stderr.isTTY === true;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let tenth = 0;
  return (done) => {
    const now = performance.now();
    const share = done / total;
    const rate = done / Math.max((now - startedAt) / 1000, 0.001);
    const left = done === 0 ? '?' : String(Math.ceil((total - done) / rate));
    const text = `${label}  ${Math.floor(share * 100)} %  ${format(done)} of ${format(total)}  ${format(Math.round(rate))}/s  ${left} s left`;
    if (onTerminal) {
      if (now - drawnAt < REDRAW && done < total) return;
      drawnAt = now;
      const filled = Math.round(share * WIDTH);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
      process.stderr.write(`\r\x1b[2K${bar} ${text}${done >= total ? '\n' : ''}`);
    } else if (Math.floor(share * 10) > tenth) {
      tenth = Math.floor(share * 10);
      process.stderr.write(`${text}\n`);
    }
  };
}

function format(count: number): string {
  return count.toLocaleString('en-US');
}
