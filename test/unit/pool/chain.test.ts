import { describe, expect, it } from 'vitest';
import type { HoldfastConfig } from '../../../src/shared/model/config.ts';
import { resolveChain } from '../../../src/main/engine/pool/chain.ts';
import { hostNamed } from './fakes.ts';

function config(...hosts: readonly ReturnType<typeof hostNamed>[]): HoldfastConfig {
  return {
    version: 1,
    hosts: new Map(hosts.map((host) => [host.name, host])),
    tunnels: new Map(),
    settings: {
      logLevel: 'info',
      logMaxBytes: 1,
      logFiles: 1,
      poolIdleMs: 1,
      poolMaxLifetimeMs: 0,
      secretStore: 'memory',
      vaultFile: null,
      language: 'en',
    },
  };
}

describe('resolveChain', () => {
  const all = config(
    hostNamed('edge'),
    hostNamed('bastion', { jump: ['edge'] }),
    hostNamed('web', { jump: ['edge', 'bastion'] }),
    hostNamed('lost', { jump: ['nowhere'] }),
    hostNamed('loop', { jump: ['edge', 'loop'] }),
    hostNamed('twice', { jump: ['edge', 'edge'] }),
  );

  it('gives the host alone without jump hosts', () => {
    expect(resolveChain(all, 'edge').map(({ name }) => name)).toEqual(['edge']);
  });

  it('puts the outermost first and does not follow the jump of a hop', () => {
    expect(resolveChain(all, 'web').map(({ name }) => name)).toEqual(['edge', 'bastion', 'web']);
  });

  it.each(['unknown', 'lost', 'loop', 'twice'])('refuses %s as a fault of the configuration', (name) => {
    expect(() => resolveChain(all, name)).toThrow(expect.objectContaining({ code: 'config', where: name }));
  });
});
