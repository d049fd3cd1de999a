/** Settings of traces, from the standard variables of OpenTelemetry. */
export interface TraceSettings {
  /** Where OTLP is sent, such as `http://127.0.0.1:4318/v1/traces`. It may contain a password: never show it. */
  readonly url: string;
  readonly sampler: Sampler;
  /** Share of the traces that a ratio sampler keeps, 0 to 1. */
  readonly ratio: number;
  /** Timeout of an export in milliseconds; also the longest wait for the last export when the server stops. */
  readonly timeout: number;
}

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type Sampler = (typeof SAMPLERS)[number];

/** The standard's default is ten seconds; a stop should not take that long. */
const TIMEOUT = 3000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Null if no endpoint is set or `OTEL_SDK_DISABLED` is true. Otherwise the settings, or all problems, one sentence
 * each, without values. The official exporter itself reads what is not read here: headers, certificates, compression,
 * resource attributes.
 */
export function readTraceSettings(
  environment: Environment,
): { readonly traces: TraceSettings | null } | { readonly problems: readonly string[] } {
  // By the standard, an empty variable counts as unset.
  const read = (name: string) => environment[name]?.trim() || null;
  const own = read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const general = read('OTEL_EXPORTER_OTLP_ENDPOINT');
  const endpoint = own ?? general;
  const isOff =
    read('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || read('OTEL_TRACES_EXPORTER') === 'none';
  if (endpoint === null || isOff) return { traces: null };

  const problems: string[] = [];
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    problems.push(
      `${own === null ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'} must be a URL that begins with http: or https:`,
    );
  const protocol = read('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? read('OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== null && protocol !== 'http/json')
    problems.push('OTEL_EXPORTER_OTLP_PROTOCOL must be http/json, which is what is spoken, or not be set');
  const named = read('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const sampler = SAMPLERS.find((each) => each === named);
  if (sampler === undefined) problems.push(`OTEL_TRACES_SAMPLER must be one of ${SAMPLERS.join(', ')}`);
  const ratio = Number(read('OTEL_TRACES_SAMPLER_ARG') ?? 1);
  if (!(ratio >= 0 && ratio <= 1)) problems.push('OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1');
  const timeout = Number(
    read('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT') ?? read('OTEL_EXPORTER_OTLP_TIMEOUT') ?? TIMEOUT,
  );
  if (!(timeout > 0 && timeout <= 60_000))
    problems.push('OTEL_EXPORTER_OTLP_TIMEOUT must be a number of milliseconds, at most 60000');
  if (problems.length > 0 || sampler === undefined) return { problems };
  const url = own ?? `${endpoint.replace(/\/$/, '')}/v1/traces`;
  return { traces: { url, sampler, ratio, timeout } };
}
