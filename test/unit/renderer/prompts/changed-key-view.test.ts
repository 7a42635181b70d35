import { describe, expect, it } from 'vitest';
import {
  type ChangedKey,
  changedKeyView,
  reachedAddress,
  type TrustedKey,
} from '../../../../src/renderer/features/prompts/changed-key-view.ts';

function trusted(keyType: string, fingerprint: string, line = 1, file = '/home/me/.ssh/known_hosts'): TrustedKey {
  return { keyType, fingerprint, file, line, sinceMs: null };
}

function changed(over: Partial<ChangedKey> = {}): ChangedKey {
  return {
    hop: 'nas',
    address: 'nas.home:22',
    remoteAddress: null,
    addressBefore: null,
    lookupName: 'nas.home',
    file: '/home/me/.ssh/known_hosts',
    line: 1,
    trusted: [trusted('ssh-ed25519', 'a')],
    shown: { keyType: 'ssh-ed25519', fingerprint: 'z' },
    shownAtMs: 0,
    replaceable: true,
    tunnels: ['nas'],
    ...over,
  };
}

describe('a changed key', () => {
  it('is held against the trusted key of its type; the others are told in a line', () => {
    const [rsa, ed, ecdsa] = [
      trusted('ssh-rsa', 'r'),
      trusted('ssh-ed25519', 'e', 2),
      trusted('ecdsa-sha2-nistp256', 'c', 3),
    ];
    const view = changedKeyView(changed({ trusted: [rsa, ed, ecdsa] }));
    expect(view).toMatchObject({ boxes: [ed], others: [rsa, ecdsa], type: 'Ed25519', typesBefore: null });
  });

  it('of a new type is held against what was trusted, two in full at most', () => {
    const keys = [trusted('ssh-rsa', 'r'), trusted('ecdsa-sha2-nistp256', 'c', 2), trusted('ssh-rsa', 's', 3)];
    const view = changedKeyView(changed({ trusted: keys }));
    expect(view.boxes).toEqual(keys.slice(0, 2));
    expect(view.others).toEqual(keys.slice(2));
    expect(view.typesBefore).toEqual(['RSA', 'ECDSA P-256']);
  });

  it('takes one key in two files for one', () => {
    const keys = [trusted('ssh-ed25519', 'a'), trusted('ssh-ed25519', 'a', 9, '/etc/ssh/ssh_known_hosts')];
    expect(changedKeyView(changed({ trusted: keys }))).toMatchObject({ boxes: [keys[0]], others: [] });
  });

  it('says of the address only what is known', () => {
    const at = (remoteAddress: string | null, addressBefore: string | null) =>
      changedKeyView(changed({ remoteAddress, addressBefore })).addressBefore;
    expect(at('10.0.0.1', null)).toBeNull();
    expect(at(null, '10.0.0.1')).toBeNull();
    expect(at('10.0.0.1', '10.0.0.1')).toEqual({ kind: 'same' });
    expect(at('10.0.0.2', '10.0.0.1')).toEqual({ kind: 'other', address: '10.0.0.1' });
    expect(reachedAddress('nas.home:22', '10.0.0.2')).toBe('nas.home:22 (10.0.0.2)');
    expect(reachedAddress('10.0.0.2:22', '10.0.0.2')).toBe('10.0.0.2:22');
    expect(reachedAddress('nas.home:22', null)).toBe('nas.home:22');
  });
});
