require('bonin/browser');
const { Client } = require('bonin/client');
const { startBonin } = require('bonin/testing');

async function main() {
  const bonin = await startBonin();
  const { impKey, impSecret, url: baseUrl } = bonin;
  const client = new Client({ impKey, impSecret, baseUrl });
  console.log((await client.getCertification(await bonin.certify({ name: '심청' }))).name);
  await bonin.close();
}

void main();
