import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { expandProxyCommand } from '../../../src/main/engine/ssh/proxy-command.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import { hostFor } from '../../support/link-parts.ts';

test('tokens', () => {
  const host = hostFor(2222, { name: 'bastion', address: '2001:db8::1', user: 'me' });
  expect(expandProxyCommand('nc -X connect %h %p # %r@%n 100%%', host)).toBe(
    'nc -X connect 2001:db8::1 2222 # me@bastion 100%',
  );
});

test.each(['%x', '%H', '100%'])('%j is no token', (command) => {
  expect(() => expandProxyCommand(command, hostFor(22))).toThrow(HoldfastError);
});

test.each(['$(reboot)', '`id`', 'a;b', 'a b', "a'b", '-oProxyCommand=x', 'a\nb', 'a|b', ''])(
  'an address like %j never reaches the shell',
  (address) => {
    expect(() => expandProxyCommand('nc %h %p', hostFor(22, { address }))).toThrow(HoldfastError);
    expect(expandProxyCommand('nc elsewhere %p', hostFor(22, { address }))).toBe('nc elsewhere 22');
  },
);

test('property: what comes through has nothing that a shell acts upon', () => {
  fc.assert(
    fc.property(fc.string(), (address) => {
      let line: string;
      try {
        line = expandProxyCommand('%h', hostFor(22, { address }));
      } catch (error) {
        expect(error).toBeInstanceOf(HoldfastError);
        return;
      }
      expect(line).toBe(address);
      expect(line).not.toMatch(/[\s$`;&|<>()'"\\*?!#~{}]/);
    }),
  );
});
