'use strict';

/*
 * Removes the header files of Node's C interface, a third of each runtime: nothing is compiled against them. With
 * `npm ci --ignore-scripts` they stay.
 */
const { rmSync } = require('node:fs');
const { dirname, join } = require('node:path');

for (const folder of ['own', 'tested']) {
  const paths = [join(__dirname, folder)];
  for (const name of Object.keys(require(join(__dirname, folder, 'package.json')).optionalDependencies)) {
    try {
      const manifest = require.resolve(`${name}/package.json`, { paths });
      rmSync(join(dirname(manifest), 'include'), { recursive: true, force: true });
    } catch {
      // It is for another kind of machine, or for the tests only.
    }
  }
}
