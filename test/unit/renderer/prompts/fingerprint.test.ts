import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareFingerprint,
  consoleCommand,
  fingerprintBody,
  fingerprintGroups,
  keyTypeName,
} from '../../../../src/renderer/features/prompts/fingerprint.ts';

const own = 'SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDvfeuZ1LmPdKxj0Ag';
const other = 'SHA256:8dKpX4cGm1TzNwQy7uRfHbJaEoLs5iVtZ2hCnD9vUkM';
const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const fingerprints = fc
  .array(fc.constantFrom(...base64.split('')), { minLength: 43, maxLength: 43 })
  .map((chars) => `SHA256:${chars.join('')}`);

describe('groups of a fingerprint', () => {
  it('are of four, and joined they are unbroken', () => {
    expect(fingerprintGroups(own)).toEqual([
      'uNiV',
      'ztks',
      'CsDh',
      'cc0u',
      '9e8B',
      'grJX',
      'VGDv',
      'feuZ',
      '1LmP',
      'dKxj',
      '0Ag',
    ]);
    fc.assert(
      fc.property(fingerprints, (text) => {
        expect(fingerprintGroups(text).join('')).toBe(fingerprintBody(text));
      }),
    );
  });
});

describe('comparing a fingerprint', () => {
  it.each([
    ['as it is', own],
    ['without its beginning', fingerprintBody(own)],
    ['padded', `${own}=`],
    ['in groups', fingerprintGroups(own).join(' ')],
    ['between spaces', `  ${own} `],
    ['as ssh-keygen prints it', `256 ${own} root@bastion (ED25519)`],
    ['as one of several lines', `3072 ${other} root@bastion (RSA)256 ${own} root@bastion (ED25519)`],
    ['in a sentence', `Our key is ${own}.`],
  ])('is equal: %s', (_, text) => expect(compareFingerprint(own, text, false)).toBe('equal'));

  it.each([
    ['another', other],
    ['another case', own.toLowerCase().replace('sha256', 'SHA256')],
    ['one too long', `${own}A`],
    ['another line', `256 ${other} root@bastion (ED25519)`],
    ['something else', 'yes'],
  ])('is different: %s', (_, text) => expect(compareFingerprint(own, text, false)).toBe('different'));

  it('goes on while the beginning is right, and says nothing of nothing', () => {
    expect(compareFingerprint(own, 'SHA', false)).toBe('partial');
    expect(compareFingerprint(own, 'SHA256:uNi', false)).toBe('partial');
    expect(compareFingerprint(own, '  ', false)).toBe('empty');
  });

  it('takes no MD5, and nothing of its own words', () => {
    expect(compareFingerprint(own, 'MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48', false)).toBe('md5');
    expect(compareFingerprint(own, own, true)).toBe('here');
  });

  it('is equal for no other fingerprint', () => {
    fc.assert(
      fc.property(fingerprints, fingerprints, (one, two) => {
        expect(compareFingerprint(one, two, false) === 'equal').toBe(one === two);
        expect(compareFingerprint(one, one, false)).toBe('equal');
      }),
    );
  });
});

describe('names of key types', () => {
  it.each([
    ['ssh-ed25519', 'Ed25519', 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub'],
    ['ED25519', 'Ed25519', 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub'],
    ['RSA', 'RSA', 'ssh-keygen -lf /etc/ssh/ssh_host_rsa_key.pub'],
    ['ecdsa-sha2-nistp256', 'ECDSA P-256', 'ssh-keygen -lf /etc/ssh/ssh_host_ecdsa_key.pub'],
    ['x-new', 'x-new', 'ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub'],
  ])('%s', (type, name, command) => {
    expect(keyTypeName(type)).toBe(name);
    expect(consoleCommand(type)).toBe(command);
  });
});
