import type { CommandVariable } from './command.ts';

/** The standard variables that switch traces on; docs/operations.md names the others that are read. */
export const TRACE_VARIABLES: readonly CommandVariable[] = [
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    about: {
      en: 'Address of a collector that takes OTLP. Without it no traces are sent; docs/operations.md names the other variables of traces.',
      ko: 'OTLP를 받는 수집기의 주소. 없으면 추적 정보를 보내지 않습니다. 다른 변수는 docs/operations.md를 참고하세요.',
    },
  },
];

/** What the PostgreSQL driver reads for itself. */
export const DATABASE_VARIABLES: readonly CommandVariable[] = [
  {
    name: 'PGPASSWORD',
    about: {
      en: 'Password for PostgreSQL, when the database URL has none. PGUSER and PGDATABASE likewise.',
      ko: '데이터베이스 URL에 비밀번호가 없을 때 쓸 PostgreSQL 비밀번호. PGUSER, PGDATABASE도 같습니다.',
    },
  },
];
