import { describe, expect, test } from 'vitest';
import { faultSteps, faultWords } from '../../../src/renderer/features/detail/fault-view.ts';
import type { Cause, FailureCode } from '../../../src/shared/model/failure.ts';
import { forward, tunnel } from '../../support/renderer/fixture-data.ts';

const spec = 'local 5432 -> db-01:5432';
const cause = (code: FailureCode, over: Partial<Cause> = {}): Cause => ({
  code,
  where: 'bastion',
  message: 'It went wrong.',
  next: '',
  ...over,
});

/** The steps of a tunnel that stopped for this. */
const steps = (code: FailureCode, over: Partial<Cause> = {}) =>
  faultSteps(tunnel('t', { kind: 'stopped' }), cause(code, over), 'dmitri@db-prod');

describe('the steps of a fault', () => {
  test('a refused key leads to the keys of the host that refused; a mistyped password does not', () => {
    const turnedDown = 'bastion refused the login as dmitri: both keys offered were turned down.';
    expect(steps('auth-failed', { message: turnedDown })).toEqual([
      { kind: 'edit-host', host: 'bastion', key: 'identity' },
      { kind: 'try' },
    ]);
    expect(steps('auth-failed', { message: 'b refused the login as d: 1 password turned down.' })).toEqual([
      { kind: 'try' },
    ]);
    expect(steps('agent-unavailable').map((step) => 'key' in step && step.key)).toEqual(['agent', 'identity']);
    // What names no host is about the tunnel's own.
    expect(steps('key-unreadable', { where: '/home/me/.ssh/id' })[0]).toMatchObject({ host: 'db-prod' });
  });

  test('a taken port leads to a free one of the very forward', () => {
    expect(steps('port-in-use', { where: spec })[0]).toMatchObject({ kind: 'use-port', forward: { spec } });
    expect(steps('port-in-use', { where: 'local 1 -> a:1' })[0]).toEqual({ kind: 'try' });
  });

  test('what the network does is tried again; what the target does is edited; a changed key is looked at', () => {
    expect((['dns', 'timeout', 'jump-refused', 'offline', 'closed-early'] as const).map((code) => steps(code))).toEqual(
      Array.from({ length: 5 }, () => [{ kind: 'try' }]),
    );
    expect(steps('target-refused')[0]).toEqual({ kind: 'edit-tunnel' });
    expect(steps('host-key-changed')).toEqual([{ kind: 'review-key' }]);
  });

  test('a forward that sshd forbids has the lines that would allow it', () => {
    const forbids = 'Its sshd forbids forwarding to db-01:5432 (AllowTcpForwarding or PermitOpen).';
    expect(steps('forward-denied', { where: 'db-01:5432', next: forbids })[0]).toEqual({
      kind: 'copy-admin',
      text: `# sshd_config of db-prod, for: ${spec}
Match User dmitri
    AllowTcpForwarding local
    PermitOpen db-01:5432
`,
    });
    const remote = tunnel('t', { kind: 'stopped' }, { forwards: [forward('remote 9187 -> localhost:9187')] });
    const refused = cause('remote-port-refused', {
      where: '127.0.0.1:9187',
      next: 'forbids it (AllowTcpForwarding, …)',
    });
    const [step] = faultSteps(remote, refused, '');
    expect(step?.kind === 'copy-admin' && step.text.split('\n').slice(1, 3)).toEqual([
      '    AllowTcpForwarding remote',
      '    PermitListen 127.0.0.1:9187',
    ]);
    // It is not sshd_config that has no room.
    expect(
      steps('forward-denied', { next: 'Close connections that go through it, or raise its limits.' })[0]?.kind,
    ).toBe('edit-tunnel');
  });

  test('outdated algorithms can be allowed, those that the advice names', () => {
    const message = 'oldbox offers no key exchange that Holdfast uses: only kex-a, kex-new, kex-b.';
    const next = 'Update the server, or allow kex-a or kex-b for oldbox alone with legacy-algorithms.';
    expect(steps('no-common-algorithm', { where: 'oldbox', message, next })[0]).toEqual({
      kind: 'allow-legacy',
      host: 'oldbox',
      names: ['kex-a', 'kex-b'],
    });
    expect(steps('no-common-algorithm', { where: 'oldbox', message, next: 'It is too modern.' })).toEqual([
      { kind: 'try' },
    ]);
  });
});

test('a title says who did what; the rest goes to the body', () => {
  const words = (message: string, next = 'Do this.') => faultWords(message, next);
  expect(words('10.0.0.4:22 does not answer: nothing came in 15 s.')).toEqual({
    title: '10.0.0.4:22 does not answer',
    body: 'Nothing came in 15 s. Do this.',
  });
  expect(words('Port 5432 here is taken by postgres (pid 1182).')).toEqual({
    title: 'Port 5432 here is taken by postgres (pid 1182)',
    body: 'Do this.',
  });
  // The server's own words are not taken apart.
  expect(words('box closed the connection "no: not you".').title).toBe('box closed the connection "no: not you"');
});
