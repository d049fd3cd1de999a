/** One run for each class of wrong usage, and whose help it shows; null for that of all commands. */
export interface UsageErrorCase {
  readonly words: readonly string[];
  readonly about: string | null;
  readonly env?: Readonly<Record<string, string>>;
}

export const USAGE_ERRORS: readonly UsageErrorCase[] = [
  { words: ['server'], about: null },
  { words: ['help', 'lokup'], about: null },
  { words: ['dev', '--prot', '0', '-x'], about: 'dev' },
  { words: ['dev', '--port'], about: 'dev' },
  { words: ['dev', '--data', '--memory'], about: 'dev' },
  { words: ['dev', '--memory=yes'], about: 'dev' },
  { words: ['dev', 'people.json'], about: 'dev' },
  { words: ['lookup'], about: 'lookup' },
  { words: ['lookup', 'imp_1', 'imp_2'], about: 'lookup' },
  { words: ['dev', '--data', 'data\r', '--seed', 'people.json\r'], about: 'dev' },
  { words: ['lookup', 'imp_1\r'], about: 'lookup' },
  {
    words: ['serve', '--port', 'x', '--workers', '0', '--cors-origins', 'https://a.example/path'],
    env: {
      BONIN_DATABASE_URL: 'mysql://a:Geheim-1@b/c',
      BONIN_LOG_LEVEL: 'loud',
      BONIN_MASTER_KEYS: '"keys"',
      BONIN_BASE_PATH: 'x/',
      BONIN_PUBLIC_URL: 'id.example',
      BONIN_TRUSTED_PROXIES: '*',
      BONIN_MAX_CONNECTIONS: '0',
      BONIN_METRICS: '9464',
      BONIN_LIMIT_PHONE: 'many',
      BONIN_KEEP_UNVERIFIED: '0',
      BONIN_KEEP_OPENED: '31',
    },
    about: 'serve',
  },
  { words: ['serve', '--data='], env: { BONIN_PORT: 'tcp://10.0.0.1:8282' }, about: 'serve' },
  { words: ['serve', '--database-url', 'sqlite::memory:'], about: 'serve' },
  {
    words: ['dev', '--memory', '--data', 'x', '--http-port', '0'],
    env: { BONIN_TLS: 'perhaps' },
    about: 'dev',
  },
  { words: ['dev', '--memory'], env: { BONIN_DATABASE_URL: 'postgres://db.example/bonin' }, about: 'dev' },
  { words: ['serve'], env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, about: 'serve' },
  { words: ['dev', '--memory'], env: { BONIN_PROT: '1', BONIN_PORT: 'x' }, about: 'dev' },
  { words: ['merchants', 'list', '--revoke', '1'], about: 'merchants' },
  { words: ['merchants', 'shop.json', 'new'], about: 'merchants' },
  { words: ['channels', 'erase', 'x'], about: 'channels' },
  { words: ['channels', 'add', 'imp10000001'], about: 'channels' },
  { words: ['channels', 'list', 'x'], about: 'channels' },
  { words: ['lookup', 'imp_1', '--url', 'https://id.example'], about: 'lookup' },
  { words: ['token'], env: { BONIN_IMP_KEY: 'only the key' }, about: 'token' },
  { words: ['token', '--url', 'ftp://id.example'], about: 'token' },
  {
    words: ['conformance', '--url', 'http://id.example', '--key', 'a', '--secret', 'b'],
    about: 'conformance',
  },
  { words: ['conformance', '--key', 'a b', '--secret', 'c'], about: 'conformance' },
  { words: ['conformance', '--pause', 'long'], about: 'conformance' },
  { words: ['completion', 'powershell'], about: 'completion' },
];
