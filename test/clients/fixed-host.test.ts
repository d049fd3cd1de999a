import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { KEY_A, SECRET_A } from '../support/client.ts';
import { startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SEEDED = 'imp_000000000001';

/** The clients as published, with the host that is built into them; `fail` ends a process that waits for a timeout. */
const FIXED_HOST_CLIENTS: Readonly<Record<string, string>> = {
  iamport: `const Iamport = require('iamport');
    new Iamport({ impKey: process.env.KEY, impSecret: process.env.SECRET })
      .certification.get({ imp_uid: '${SEEDED}' }).then(console.log, fail);`,
  iamporter: `const { Iamporter } = require('iamporter');
    new Iamporter({ apiKey: process.env.KEY, secret: process.env.SECRET })
      .getCertification('${SEEDED}').then(console.log, fail);`,
  'iamport-rest-client-nodejs': `const { Iamport, Request } = require('iamport-rest-client-nodejs');
    Request.Certifications.getCertification({ imp_uid: '${SEEDED}' })
      .request(new Iamport({ apiKey: process.env.KEY, apiSecret: process.env.SECRET }))
      .then(({ data }) => console.log(data.response), fail);`,
};

const FAIL = `const fail = (error) => {
  console.error(error.name, error.code);
  process.exit(0);
};\n`;

test.for(Object.entries(FIXED_HOST_CLIENTS))(
  'npm package %s reads a certification from https://api.iamport.kr unmodified',
  async ([, script]) => {
    const data = temporaryFolder();
    const bonin = await startBonin(['--tls', '--data', data]);
    const preload = fileURLToPath(new URL('../support/call-api-host.ts', import.meta.url));
    const run = (trust: Readonly<Record<string, string>>) =>
      promisify(execFile)(process.execPath, ['--no-deprecation', '--import', preload, '-e', FAIL + script], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { KEY: KEY_A, SECRET: SECRET_A, API_HOST_PORT: String(bonin.port), ...trust },
      });
    const trusting = await run({ NODE_EXTRA_CA_CERTS: join(data, 'authority.crt') });
    expect(trusting).toMatchObject({ stdout: expect.stringContaining('홍길동'), stderr: '' });
    expect(trusting.stdout).toContain(SEEDED);
    const doubting = await run({});
    expect(doubting.stdout).toBe('');
    // One of them hides the reason behind an error of its own.
    expect(doubting.stderr).toMatch(/UNABLE_TO_(?:VERIFY|GET)|IamporterError/);
  },
);
