import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Store } from '../../core/store.ts';
import { type CallEnd, guardCall, type WatchVerb, watchStore } from '../../core/watched-store.ts';
import { toAppError } from '../../errors.ts';
import { reportOnce } from '../../http/guards.ts';
import type { ArrivedRequest, Observer } from '../../http/observer.ts';
import type { Logger } from '../../log.ts';
import { readVersion } from '../../version.ts';
import type { TraceSettings } from './settings.ts';

/** The traces of one application. */
export interface Traces {
  readonly observer: Observer;
  /** The same store; each call is a span below the span of its request. */
  traceStore(store: Store): Store;
  /** A span for the part of a lookup that is the store's; several lookups share one call. */
  readonly watchLookup: () => CallEnd;
  /** Sends the remaining spans, for at most the timeout of one export. */
  close(): Promise<void>;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** Starts traces. `engine` is the kind of database, such as `postgresql`. */
export function startTraces(settings: TraceSettings, engine: string, log: Logger): Traces {
  const version = readVersion();
  const { url, timeout } = settings;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'bonin', 'service.version': version }).merge(
      detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }),
    ),
    sampler: toSampler(settings),
    spanProcessors: [new BatchSpanProcessor({ exporter: createExporter(url, timeout, log) })],
  });
  const tracer = provider.getTracer('bonin', version);
  const current = new AsyncLocalStorage<Context>();
  const watch = watchCalls(engine, tracer, current);
  const report = reportOnce(log, 'traces');
  const lookUp = guardCall(watch('lookUp'), report);
  return {
    observer: observeRequests(tracer, current),
    // One call of `lookUp` is for many requests, each of which has a span of its own.
    traceStore: (store) =>
      watchStore(store, (verb) => (verb === 'lookUp' ? () => () => {} : watch(verb)), report),
    watchLookup: lookUp,
    async close() {
      // The place of the failure has already logged it.
      await provider.shutdown().catch(() => {});
    },
  };
}

function observeRequests(tracer: Tracer, current: AsyncLocalStorage<Context>): Observer {
  return {
    begin(request) {
      const { route, requestId } = request;
      const isKnown = METHODS.has(request.method);
      const method = isKnown ? request.method : '_OTHER';
      const span = tracer.startSpan(
        [isKnown ? method : 'HTTP', ...(route === null ? [] : [route])].join(' '),
        {
          kind: SpanKind.SERVER,
          attributes: {
            'http.request.method': method,
            ...(route !== null && { 'http.route': route }),
            'bonin.request_id': requestId,
          },
        },
        callerOf(request),
      );
      // A request whose trace is not kept has no spans below it.
      const context = span.isRecording() ? trace.setSpan(ROOT_CONTEXT, span) : undefined;
      return {
        run: (handle) => (context === undefined ? handle() : current.run(context, handle)),
        end({ status, error }) {
          if (status !== 0) span.setAttribute('http.response.status_code', status);
          if (error !== null) span.setAttribute('error.type', error);
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    // Bytes that are not a request have no trace.
    refused() {},
  };
}

/** The trace of the caller, from `traceparent`. Only its ids are used; everything else is text from a stranger. */
function callerOf({ traceparent }: ArrivedRequest): Context {
  const caller = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null;
  return caller === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...caller, isRemote: true });
}

/** Calls outside of a request, such as those of recurring work, have no span. */
function watchCalls(engine: string, tracer: Tracer, current: AsyncLocalStorage<Context>): WatchVerb {
  return (verb) => {
    const attributes = { 'db.system.name': engine, 'db.operation.name': verb };
    return () => {
      const context = current.getStore();
      if (context === undefined) return () => {};
      const span = tracer.startSpan(verb, { kind: SpanKind.CLIENT, attributes }, context);
      return (thrown) => {
        if (thrown !== undefined) {
          span.setAttribute('error.type', toAppError(thrown).code);
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end();
      };
    };
  };
}

function toSampler({ sampler, ratio }: TraceSettings) {
  const root = sampler.endsWith('always_on')
    ? new AlwaysOnSampler()
    : sampler.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return sampler.startsWith('parentbased') ? new ParentBasedSampler({ root }) : root;
}

/** Shortest time between log lines about a collector that does not accept spans, in milliseconds. */
const WARN_EVERY = 60_000;

/** Sends spans as OTLP in JSON. Spans that cannot be sent are lost; the log says so at most once a minute. */
function createExporter(url: string, timeout: number, log: Logger): SpanExporter {
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: timeout });
  let quietUntil = 0;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const now = performance.now();
        if (result.error !== undefined && now >= quietUntil) {
          quietUntil = now + WARN_EVERY;
          // Without the error's message, which may quote the collector's answer or address.
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
