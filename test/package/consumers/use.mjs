import 'bonin/browser';
import { Client } from 'bonin/client';
import { startBonin } from 'bonin/testing';

const bonin = await startBonin();
const { impKey, impSecret, url: baseUrl } = bonin;
const client = new Client({ impKey, impSecret, baseUrl });
console.log((await client.getCertification(await bonin.certify({ name: '심청' }))).name);
await bonin.close();
