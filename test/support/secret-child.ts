import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { resolveProfile } from '../../src/main/engine/config/paths.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { silentLog } from '../../src/main/engine/log/log.ts';
import { openSecretStore } from '../../src/main/engine/secrets/open-secret-store.ts';
import { Secret } from '../../src/main/engine/secrets/secret.ts';
import type { SecretKind } from '../../src/main/engine/secrets/secret-store.ts';
import { asHoldfastError } from '../../src/shared/model/failure.ts';

/**
 * A process of its own for tests of the real keychain: it reads commands as JSON lines and answers each with one. The store runs on a
 * worker thread, as in the engine.
 */
interface Command {
  readonly call: 'state' | 'get' | 'set' | 'remove' | 'list' | 'many';
  readonly host?: string;
  readonly kind?: SecretKind;
  readonly value?: string;
}

if (isMainThread) {
  const worker = new Worker(fileURLToPath(import.meta.url));
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => worker.postMessage(line));
  input.on('close', () => void worker.terminate());
  worker.on('message', (line: string) => process.stdout.write(`${line}\n`));
} else {
  const store = openSecretStore({
    settings: { secretStore: 'keychain', vaultFile: null },
    profile: resolveProfile(null),
    log: silentLog,
    clock: systemClock,
  });
  const run = async ({ call, host = 'bastion', kind = 'password', value = '' }: Command): Promise<unknown> => {
    const name = { host, kind };
    switch (call) {
      case 'state':
        return store.state();
      case 'get':
        return (await store.get(name))?.reveal() ?? null;
      case 'set':
        return store.set(name, Secret.from(value)).then(() => true);
      case 'remove':
        return store.remove(name);
      case 'list':
        return store.list();
      case 'many':
        return Promise.all(
          Array.from({ length: 20 }, async (_, n) => {
            await store.set({ host: `h${n}`, kind }, Secret.from(`v${n}`));
            return (await store.get({ host: `h${n}`, kind }))?.reveal();
          }),
        );
      default:
        throw new Error('no such call');
    }
  };
  parentPort?.on('message', (line: string) => {
    run(JSON.parse(line) as Command)
      .then((result) => ({ result }))
      .catch((error: unknown) => ({ error: asHoldfastError(error, 'child').toCause() }))
      .then((answer) => parentPort?.postMessage(JSON.stringify(answer)))
      .catch(() => {});
  });
}
