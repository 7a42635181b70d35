import { rmSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { createAuthenticator } from '../../../src/main/engine/ssh/machine-authenticator.ts';
import { makeKey } from '../../support/ssh-keys.ts';
import { makeTempFolder } from '../../support/temp.ts';
import {
  type FakePerson,
  type FakeRules,
  FakeServer,
  MapStore,
  authContext,
  blobOf,
  loginHost,
  listLog,
} from './auth-support.ts';

/** Keys of a test file: `one` to `seven` plain, `rsa`, `locked` (OpenSSH), `pem` (PKCS#8), `bare` (PKCS#8 without its .pub). Passphrase: horse. */
export const folder = makeTempFolder();

const blobs: Record<string, Buffer> = {};

/** Call once at the top of a test file. */
export function useTestKeys(): void {
  beforeAll(() => {
    for (const name of ['one', 'two', 'three', 'four', 'five', 'six', 'seven'])
      blobs[name] = blobOf(makeKey(folder.file(name)));
    blobs['rsa'] = blobOf(makeKey(folder.file('rsa'), { type: 'rsa' }));
    blobs['locked'] = blobOf(makeKey(folder.file('locked'), { passphrase: 'horse' }));
    blobs['pem'] = blobOf(makeKey(folder.file('pem'), { type: 'ecdsa', passphrase: 'horse', format: 'PKCS8' }));
    blobs['bare'] = blobOf(makeKey(folder.file('bare'), { type: 'ecdsa', passphrase: 'horse', format: 'PKCS8' }));
    rmSync(folder.file('bare.pub'));
  });
  afterAll(() => folder.dispose());
}

/** The public blob of a test key. */
export function blob(name: string): Buffer {
  return blobs[name] ?? Buffer.alloc(0);
}

export interface Login {
  readonly server: FakeServer;
  readonly store: MapStore;
  readonly log: ReturnType<typeof listLog>;
  readonly run: () => Promise<{
    methods: readonly string[];
    afterSuccess: () => Promise<void>;
    keepOpenMs?: number | undefined;
  }>;
}

/** A login at a hand-made server, ready to run. */
export function login(
  rules: FakeRules,
  person: FakePerson,
  host: Partial<HostConfig> = {},
  store = new MapStore(),
): Login {
  const server = new FakeServer(rules);
  const log = listLog();
  const run = async () => {
    const authenticator = createAuthenticator({
      clock: systemClock,
      secrets: store,
      env: {},
      home: folder.file('no-home'),
    });
    try {
      return await authenticator.authenticate(server, authContext(loginHost(host), person, log));
    } finally {
      authenticator.dispose();
    }
  };
  return { server, store, log, run };
}
