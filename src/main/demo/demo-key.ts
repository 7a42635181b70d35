import ssh2 from 'ssh2';

/** A key of one of the demo's servers or people, in OpenSSH's formats. */
export interface DemoKey {
  readonly private: string;
  readonly public: string;
}

/**
 * Makes an Ed25519 key. ssh2 1.17.0 writes about one in 300 so that its own reader calls it malformed; such a one is made again. To be had by
 * node:crypto alone once that can write OpenSSH's format.
 */
export function makeDemoKey(comment = ''): DemoKey {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (!(ssh2.utils.parseKey(key.private) instanceof Error)) return key;
  }
}
