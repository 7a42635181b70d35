import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { resolveProfile } from '../../src/main/engine/config/paths.ts';
import { cryptoPath } from '../../src/main/engine/ssh/ssh2-seam.ts';
import type { ThreadMessage } from '../../src/main/engine/thread-messages.ts';
import { Holdfast } from '../support/holdfast.ts';
import { tempFolder } from '../support/temp.ts';

/** Which crypto ssh2 runs on is told as it is: in the log, and to whoever started the engine's thread. */

const require = createRequire(import.meta.url);

/** The truth, found without asking ssh2. */
function canLoad(): boolean {
  try {
    require('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return true;
  } catch {
    return false;
  }
}

async function cryptoInLog(env: NodeJS.ProcessEnv): Promise<unknown> {
  const holdfast = await Holdfast.make('', env);
  try {
    await holdfast.serve();
    const { stateFolder } = resolveProfile(holdfast.configFile, holdfast.env, process.platform, holdfast.home);
    const lines = readFileSync(join(stateFolder, 'logs', 'engine.log'), 'utf8')
      .split('\n')
      .filter(Boolean);
    const start = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find(({ msg }) => msg === 'The engine starts');
    return start?.['crypto'];
  } finally {
    await holdfast.dispose();
  }
}

test('the log of a new engine says it', async () => {
  expect(cryptoPath()).toBe(canLoad() ? 'native' : 'javascript');
  expect(await cryptoInLog({})).toBe(cryptoPath());
  const without = fileURLToPath(new URL('../support/no-native-crypto.cjs', import.meta.url));
  expect(await cryptoInLog({ NODE_OPTIONS: `--require=${without}` })).toBe('javascript');
});

test('the thread says it when it is ready', async () => {
  const folder = tempFolder();
  const file = folder.file('config.toml');
  const env = { HOME: folder.path, XDG_RUNTIME_DIR: folder.path, XDG_STATE_HOME: folder.file('state') };
  const profile = resolveProfile(file, env, process.platform, folder.path);
  const thread = fileURLToPath(new URL('../../out/engine-thread.js', import.meta.url));
  const worker = new Worker(thread, { workerData: { profile, logToStderr: false, mayBeMissing: true } });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const said = await new Promise<ThreadMessage>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  worker.postMessage({ kind: 'stop' });
  await ended;
  expect(said).toMatchObject({ kind: 'ready', cryptoPath: cryptoPath() });
});
