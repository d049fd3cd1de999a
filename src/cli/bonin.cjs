#!/usr/bin/env node
'use strict';

/*
 * The command of the published package. It is written for Node 14 and later: an older runtime than the server needs
 * gets a sentence instead of the stack of a missing module.
 */
const wanted = Number(/\d+/.exec(require('../package.json').engines.node)[0]);
const found = process.versions.node;

if (Number(found.split('.')[0]) >= wanted) {
  void import('./main.js');
} else {
  console.error(`bonin: Node ${wanted} 이상이 필요합니다. 지금 쓰는 버전은 ${found}입니다.`);
  console.error(`bonin: Node ${wanted} or later is needed; this is ${found}.`);
  console.error(`bonin: npx --yes --package=node@${wanted} --package=bonin bonin --help`);
  process.exitCode = 2;
}
