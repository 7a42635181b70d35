import { describe, expect, it } from 'vitest';
import type { HoldfastConfig } from '../../../src/shared/model/config.ts';
import { resolveChain } from '../../../src/main/engine/pool/chain.ts';
import { hostConfig } from './fakes.ts';

function config(...hosts: readonly ReturnType<typeof hostConfig>[]): HoldfastConfig {
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
    hostConfig('edge'),
    hostConfig('bastion', { jump: ['edge'] }),
    hostConfig('web', { jump: ['edge', 'bastion'] }),
    hostConfig('lost', { jump: ['nowhere'] }),
    hostConfig('loop', { jump: ['edge', 'loop'] }),
    hostConfig('twice', { jump: ['edge', 'edge'] }),
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
