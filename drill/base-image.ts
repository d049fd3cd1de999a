import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** The certificates that this machine trusts; the package registry's may be signed by one of them. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** What Node needs besides a minimal Debian. */
const PACKAGES = 'libatomic1';
/** What an image does without. */
const LEFTOVERS = [
  'var/cache/apt/archives',
  'var/lib/apt/lists',
  'var/log/apt',
  'usr/share/doc',
  'usr/share/info',
  'usr/share/locale',
  'usr/share/man',
];

/**
 * Makes the file system of a base image in `folder`, as `node:24-slim` has it: a minimal Debian of the release of this
 * machine, this process's own Node, and npm.
 */
export function makeBase(folder: string): void {
  const { mirror, release } = findMirror();
  execFileSync('debootstrap', ['--variant=minbase', `--include=${PACKAGES}`, release, folder, mirror], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const each of LEFTOVERS) rmSync(join(folder, each), { recursive: true, force: true });
  const local = join(folder, 'usr/local');
  copyFileSync(process.execPath, join(local, 'bin/node'));
  chmodSync(join(local, 'bin/node'), 0o755);
  const npm = process.env['npm_execpath'];
  if (npm === undefined) throw new Error('the drill is started by npm run drill:image');
  mkdirSync(join(local, 'lib/node_modules'), { recursive: true });
  cpSync(dirname(dirname(npm)), join(local, 'lib/node_modules/npm'), { recursive: true, dereference: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  mkdirSync(join(local, 'etc'), { recursive: true });
  mkdirSync(join(folder, dirname(CERTIFICATES)), { recursive: true });
  copyFileSync(CERTIFICATES, join(folder, CERTIFICATES));
  writeFileSync(
    join(local, 'etc/npmrc'),
    `cafile=${CERTIFICATES}\naudit=false\nfund=false\nupdate-notifier=false\n`,
  );
}

/** The release of this machine, and where it gets its packages. */
function findMirror(): { readonly mirror: string; readonly release: string } {
  const [, release = ''] = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const listed = execFileSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI) $(CODENAME) $(COMPONENT)', 'Created-By: Packages'],
    { encoding: 'utf8' },
  );
  const found = listed.split('\n').find((line) => line.endsWith(` ${release} main`));
  if (found === undefined) throw new Error(`apt names no mirror of ${release}`);
  return { mirror: found.split(' ')[0] ?? '', release };
}
