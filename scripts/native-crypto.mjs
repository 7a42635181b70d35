// Makes ssh2's native crypto for the app's Electron, to be packed by electron-builder: node scripts/native-crypto.mjs [--arch x64|arm64]...
// For the system it runs on. It lies in packaging/native, apart from node_modules, whose own was made for this machine's Node. Where Electron's headers
// cannot be had (HOLDFAST_ELECTRON_HEADERS names a folder with them; else they are fetched) or it cannot be built, it says so: the app is then packed
// without, and ssh2 runs on JavaScript and wasm. The exit code is 0 either way, and 2 for a wrong call.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
/** Where electron-builder.yml looks for it: by its names of system and processor. */
const output = process.env.HOLDFAST_NATIVE_OUTPUT ?? join(root, 'packaging', 'native');
const systems = { linux: 'linux', darwin: 'mac', win32: 'win' };
const headersSite = 'https://www.electronjs.org/headers';
/** Fetching and building are over by then, or hang. */
const limitMs = 300_000;

process.exitCode = main();

function main() {
  const system = systems[process.platform];
  let arches;
  try {
    const { values } = parseArgs({ options: { arch: { type: 'string', multiple: true } } });
    arches = values.arch ?? [process.arch];
    const wrong = arches.find((arch) => !['x64', 'arm64'].includes(arch));
    if (wrong !== undefined) throw new Error(`there is no app for ${wrong}`);
    if (system === undefined) throw new Error(`there is no app for ${process.platform}`);
  } catch (error) {
    console.error(`native-crypto: ${error.message}`);
    return 2;
  }
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const arch of arches) {
    const folder = join(output, `${system}-${arch}`);
    // One of an earlier Electron would be of no use.
    rmSync(folder, { recursive: true, force: true });
    const fault = build(devDependencies.electron, arch, folder);
    if (fault === null)
      console.log(`native-crypto: made for Electron ${devDependencies.electron} on ${system}-${arch}`);
    else console.log(`native-crypto: none for ${system}-${arch}, the app is packed without it: ${fault}`);
  }
  return 0;
}

/** Builds in a folder of its own, from which its packages are found; gives what went wrong, or null. */
function build(version, arch, folder) {
  const source = dirname(require.resolve('ssh2/lib/protocol/crypto/poly1305.js'));
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const place = mkdtempSync(join(cache, 'native-crypto-'));
  try {
    for (const name of ['binding.gyp', 'src']) cpSync(join(source, name), join(place, name), { recursive: true });
    const headers = process.env.HOLDFAST_ELECTRON_HEADERS;
    const from = headers ? [`--nodedir=${headers}`] : ['--runtime=electron', `--dist-url=${headersSite}`];
    // Headers of Node itself are OpenSSL's, with its version; Electron has BoringSSL.
    const major = process.env.HOLDFAST_OPENSSL_MAJOR;
    const gyp = require.resolve('node-gyp/bin/node-gyp.js');
    const args = [
      'rebuild',
      `--target=${version}`,
      `--arch=${arch}`,
      ...(major ? [`--real_openssl_major=${major}`] : []),
    ];
    // npm's own settings, a folder of Node's headers among them, are not for Electron.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name)));
    const done = spawnSync(process.execPath, [gyp, ...args, ...from], {
      cwd: place,
      encoding: 'utf8',
      timeout: limitMs,
      env,
    });
    if (done.status !== 0) return reason(done);
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(place, 'build', 'Release', 'sshcrypto.node'), join(folder, 'sshcrypto.node'));
    return null;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Of node-gyp's many lines the one that says why. */
function reason({ error, stderr = '', stdout = '', status, signal }) {
  if (error) return error.message;
  if (stderr.includes('network connectivity')) return `Electron's headers cannot be fetched from ${headersSite}`;
  const lines = `${stderr}\n${stdout}`.split('\n').map((line) => line.replace(/^gyp ERR! (stack )?/, ''));
  return lines.find((line) => /\berror:|Error:/.test(line)) ?? `node-gyp ended with ${status ?? signal}`;
}
