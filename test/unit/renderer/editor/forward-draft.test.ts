import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatForwardSpec, parseForwardSpec } from '../../../../src/main/engine/config/forward-spec.ts';
import {
  draftOfForward,
  draftOfValue,
  emptyForward,
  forwardValue,
  isBeyondLoopback,
  isComplete,
  joinPlace,
  kindOf,
  placeOf,
  specOf,
  splitPlace,
  turned,
} from '../../../../src/renderer/features/editor/forward-draft.ts';
import { pictureOf, sshCommandOf } from '../../../../src/renderer/features/editor/forward-picture.ts';

const specs = [
  'local 5432 -> db-01:5432',
  'local 127.0.0.1:5432 -> db-01:5432',
  'local [::1]:5432 -> [fe80::1]:80',
  'local 8000-8010 -> web:80',
  'local /run/me/x.sock -> /var/run/docker.sock',
  'remote 9000 -> 127.0.0.1:3000',
  'dynamic 1080',
  'remote-dynamic *:1080',
];

function draft(spec: string) {
  const found = draftOfValue(spec, 'k');
  if (found === null) throw new Error(`no forward: ${spec}`);
  return found;
}

describe('a forward in the form', () => {
  it.each(specs)('goes in and out unchanged: %s', (spec) => {
    expect(specOf(draft(spec))).toBe(spec);
    expect(forwardValue(draft(spec))).toBe(spec);
    // And it is what the engine means by it.
    expect(formatForwardSpec(parseForwardSpec(specOf(draft(spec)), { home: '/' }))).toBe(spec);
  });

  it('splits and joins places for any host and port', () => {
    const hosts = fc.oneof(
      fc.constantFrom('', 'db', '127.0.0.1', '*', '::1', 'fe80::1%eth0'),
      fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/),
    );
    fc.assert(
      fc.property(hosts, fc.integer({ min: 0, max: 65_535 }), (host, port) => {
        expect(splitPlace(joinPlace(host, String(port)))).toEqual({ host, port: String(port) });
      }),
    );
  });

  it('is a table only when it has more to say, and keeps keys the form does not show', () => {
    const table = { type: 'local', listen: 5432, to: 'db:5432', unlink: true, 'max-connections': 4 };
    const view = {
      spec: 'local 5432 -> db:5432',
      kind: 'local',
      listen: '5432',
      target: 'db:5432',
      name: null,
      enabled: true,
    } as const;
    const changed = { ...draftOfForward(view, table, 'k'), listenPort: '5433', enabled: false, name: 'production' };
    expect(forwardValue(changed)).toEqual({
      type: 'local',
      listen: '5433',
      to: 'db:5432',
      unlink: true,
      'max-connections': 4,
      name: 'production',
      enabled: false,
    });
  });

  it('swaps the machines when turned, and back; the values stay', () => {
    for (const spec of specs) {
      const one = draft(spec);
      expect(turned(one)).toEqual({ ...one, listensHere: !one.listensHere });
      expect(turned(turned(one))).toEqual(one);
    }
    expect(kindOf(turned(draft('local 5432 -> db:5432')))).toBe('remote');
    expect(kindOf(turned(draft('dynamic 1080')))).toBe('remote-dynamic');
  });

  it('knows what is open beyond loopback', () => {
    const open = (listenHost: string) => isBeyondLoopback({ ...emptyForward('k'), listenHost, listenPort: '80' });
    expect(['', 'localhost', '127.0.0.1', '127.8.9.1', '::1', '[::1]', '/run/x.sock'].map(open)).toEqual(
      Array.from({ length: 7 }, () => false),
    );
    expect(['*', '0.0.0.0', '::', '192.168.1.5', 'box.local', '1270.0.0.1'].map(open)).toEqual(
      Array.from({ length: 6 }, () => true),
    );
  });

  it('is complete with both ends', () => {
    expect(isComplete(emptyForward('k'))).toBe(false);
    expect(isComplete({ ...emptyForward('k'), listenPort: '80' })).toBe(false);
    expect(isComplete({ ...emptyForward('k'), listenPort: '80', targetPort: '80' })).toBe(true);
    expect(isComplete({ ...emptyForward('k'), listenPort: '1080', hasTarget: false })).toBe(true);
  });

  it('reads no forward out of anything else', () => {
    expect(draftOfValue('sideways 1 -> 2', 'k')).toBeNull();
    expect(draftOfValue({ type: 'sideways' }, 'k')).toBeNull();
    expect(draftOfValue(5, 'k')).toBeNull();
  });

  it('names the place where clients come in', () => {
    expect(placeOf('local 5432 -> db:5432')).toBe('localhost:5432');
    expect(placeOf('remote 0.0.0.0:80 -> web:80')).toBe('0.0.0.0:80');
    expect(placeOf('dynamic /run/x.sock')).toBe('/run/x.sock');
  });
});

describe('the drawing and the command', () => {
  const chain = ['bastion', 'db-prod'];
  const drawn = (spec: string) =>
    pictureOf(draft(spec), chain).map(
      ({ machine, place, role }) =>
        `${role === 'anywhere' ? '*' : (machine ?? 'here')}${place === null ? '' : `:${place}`}`,
    );

  it('follows the bytes of a client', () => {
    expect(drawn('local 5432 -> db-01:5432')).toEqual(['here:5432', 'bastion', 'db-prod', 'db-01:5432']);
    expect(drawn('remote 9187 -> localhost:9187')).toEqual(['db-prod:9187', 'bastion', 'here', 'localhost:9187']);
    expect(drawn('dynamic 1080')).toEqual(['here:1080', 'bastion', 'db-prod', '*']);
    expect(drawn('remote-dynamic 1080')).toEqual(['db-prod:1080', 'bastion', 'here', '*']);
  });

  it('is the command that does the same once', () => {
    const command = (spec: string, hosts = chain) => sshCommandOf(draft(spec), hosts);
    expect(command('local 5432 -> db-01:5432')).toBe('ssh -J bastion -L 5432:db-01:5432 db-prod');
    expect(command('remote 9187 -> localhost:9187', ['db-prod'])).toBe('ssh -R 9187:localhost:9187 db-prod');
    expect(command('dynamic 1080', ['a', 'b', 'c'])).toBe('ssh -J a,b -D 1080 c');
    expect(command('local *:80 -> web:80', ['x'])).toBe("ssh -L '*:80:web:80' x");
    expect(command('local [::1]:80 -> web:80', ['x'])).toBe("ssh -L '[::1]:80:web:80' x");
    expect(command('local /run/x.sock -> /run/y.sock', ['x'])).toBe('ssh -L /run/x.sock:/run/y.sock x');
  });
});
