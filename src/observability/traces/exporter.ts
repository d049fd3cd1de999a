import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from '../../log.ts';

/** How often a collector that does not take spans is worth a line in the log, in milliseconds. */
const WARN_EVERY = 60_000;

/** Sends spans as OTLP in JSON. What cannot be sent is lost, and said at most once a minute. */
export function createExporter(url: string, timeout: number, log: Logger): SpanExporter {
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: timeout });
  let quietUntil = 0;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const now = performance.now();
        if (result.error !== undefined && now >= quietUntil) {
          quietUntil = now + WARN_EVERY;
          // Without its message, which may quote the collector's answer or the address.
          const { error } = result;
          const reason = 'code' in error ? String(error.code) : error.name;
          log.warn({ spans: spans.length, reason }, 'the collector takes no traces');
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
