import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import { connectionKey, prefixKeys } from '../../../src/main/engine/pool/key.ts';
import { hostNamed } from './fakes.ts';

const base = hostNamed('web');

/** For every setting another value than the default of the fakes. Complete by type: a new setting has to be decided on here. */
const others: { readonly [K in keyof HostConfig]: HostConfig[K] } = {
  name: 'other',
  address: 'other.example.org',
  port: 2222,
  user: 'other',
  identity: ['/k'],
  certificates: ['/c'],
  agent: '/run/agent.sock',
  identitiesOnly: true,
  authMethods: ['password', 'publickey'],
  jump: ['bastion'],
  proxy: { kind: 'socks5', host: 'p', port: 1080, user: null },
  bindAddress: '127.0.0.2',
  addressFamily: 'inet6',
  knownHosts: ['/other'],
  knownHostsConfigured: true,
  hostKeyPolicy: 'strict',
  hostKeyPins: ['SHA256:x'],
  hostKeyAlias: 'alias',
  hashKnownHosts: true,
  updateHostKeys: false,
  connectTimeoutMs: 1,
  authTimeoutMs: 1,
  aliveIntervalMs: 1,
  aliveCountMax: 1,
  authTries: 9,
  transport: 'openssh',
  compression: true,
  tcpKeepAlive: false,
  legacyAlgorithms: ['ssh-rsa'],
  rekeyBytes: 1,
  rekeyIntervalMs: 1,
  maxChannels: 1,
};

/** What may differ between two that share a connection. `jump` is the chain itself. */
const shared = [
  'jump',
  'connectTimeoutMs',
  'authTimeoutMs',
  'aliveIntervalMs',
  'aliveCountMax',
  'authTries',
  'tcpKeepAlive',
  'rekeyBytes',
  'rekeyIntervalMs',
  'maxChannels',
];

describe('the key of a connection', () => {
  for (const [setting, value] of Object.entries(others)) {
    const counts = !shared.includes(setting);
    it(`${counts ? 'differs' : 'is the same'} with another ${setting}`, () => {
      const other = { ...base, [setting]: value };
      expect(connectionKey([other]) !== connectionKey([base])).toBe(counts);
      // The same for a hop in front.
      expect(connectionKey([other, hostNamed('end')]) !== connectionKey([base, hostNamed('end')])).toBe(counts);
    });
  }

  it('differs by the way there, and by its order', () => {
    const [a, b] = [hostNamed('a'), hostNamed('b')];
    const keys = [[base], [a, base], [b, base], [a, b, base], [b, a, base]].map((chain) => connectionKey(chain));
    expect(new Set(keys).size).toBe(5);
  });

  it('tells proxies apart by every part of them', () => {
    const proxies: HostConfig['proxy'][] = [
      null,
      { kind: 'socks5', host: 'p', port: 1080, user: null },
      { kind: 'http', host: 'p', port: 1080, user: null },
      { kind: 'http', host: 'q', port: 1080, user: null },
      { kind: 'http', host: 'p', port: 1081, user: null },
      { kind: 'http', host: 'p', port: 1080, user: 'me' },
      { kind: 'command', command: 'nc %h %p' },
      { kind: 'command', command: 'nc -4 %h %p' },
    ];
    expect(new Set(proxies.map((proxy) => connectionKey([{ ...base, proxy }]))).size).toBe(proxies.length);
  });

  it('does not mind the order of pins, but that of keys and files', () => {
    const same = (changes: (list: string[]) => Partial<HostConfig>): boolean =>
      connectionKey([{ ...base, ...changes(['x', 'y']) }]) === connectionKey([{ ...base, ...changes(['y', 'x']) }]);
    expect(same((hostKeyPins) => ({ hostKeyPins }))).toBe(true);
    expect(same((identity) => ({ identity }))).toBe(false);
    expect(same((knownHosts) => ({ knownHosts }))).toBe(false);
  });

  it('cannot be forged by names that look like several', () => {
    const text = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(text, text, text, text, (userA, addressA, userB, addressB) => {
        const key = (user: string, address: string): string => connectionKey([{ ...base, user, address }]);
        expect(key(userA, addressA) === key(userB, addressB)).toBe(userA === userB && addressA === addressB);
      }),
    );
  });

  it('has one for each prefix', () => {
    const chain = [hostNamed('a'), hostNamed('b'), base];
    expect(prefixKeys(chain)).toEqual([
      connectionKey(chain.slice(0, 1)),
      connectionKey(chain.slice(0, 2)),
      connectionKey(chain),
    ]);
  });
});
