import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_A, type RunningDevApp, startDevApp } from '../support/dev-app.ts';

const SEEDED = 'imp_000000000001';

/** The clients as published, each with a host that has a path. */
const CLIENTS: Readonly<Record<string, string>> = {
  iamport: `const Iamport = require('iamport');
    Iamport.DEFAULT_HOST = HOST;
    new Iamport({ impKey: KEY, impSecret: SECRET })
      .certification.get({ imp_uid: '${SEEDED}' }).then(console.log);`,
  iamporter: `const { Iamporter } = require('iamporter');
    new Iamporter({ apiKey: KEY, secret: SECRET, host: HOST }).getCertification('${SEEDED}').then(console.log);`,
  'iamport-rest-client-nodejs': `const { Iamport, Request } = require('iamport-rest-client-nodejs');
    Request.Certifications.getCertification({ imp_uid: '${SEEDED}' })
      .request(new Iamport({ apiKey: KEY, apiSecret: SECRET, baseUrl: HOST }))
      .then(({ data }) => console.log(data.response));`,
  'iamport-server-api': `const { functional: { users, certifications } } = require('iamport-server-api');
    users.getToken({ host: HOST }, { imp_key: KEY, imp_secret: SECRET })
      .then(({ response }) =>
        certifications.at({ host: HOST, headers: { Authorization: response.access_token } }, '${SEEDED}'))
      .then(console.log);`,
};

describe('a base path', () => {
  let app: RunningDevApp;

  beforeAll(async () => {
    app = await startDevApp({ basePath: '/iamport' });
  });
  afterAll(() => app.close());

  it.for(Object.entries(CLIENTS))(
    'is kept by the npm package %s, also with a slash behind it',
    async ([, script]) => {
      for (const host of [`${app.url}/iamport`, `${app.url}/iamport/`]) {
        const { stdout } = await promisify(execFile)(
          process.execPath,
          ['--no-deprecation', '-e', `const { KEY, SECRET, HOST } = process.env;\n${script}`],
          {
            cwd: fileURLToPath(new URL('../..', import.meta.url)),
            env: { KEY: KEY_A.imp_key, SECRET: KEY_A.imp_secret, HOST: host },
          },
        );
        expect(stdout).toContain('홍길동');
      }
    },
  );
});
