import { describe, expect, it } from 'vitest';
import { isLockLine } from '../../../../src/main/desktop/lock-line.ts';

/** Lines as gdbus monitor prints them for logind. */
const changed = (path: string, what: string): string =>
  `/org/freedesktop/login1/session/${path}: org.freedesktop.DBus.Properties.PropertiesChanged ('org.freedesktop.login1.Session', {${what}}, @as [])`;

describe('a line of logind', () => {
  it.each([
    ['the hint of the desktop', changed('_32', `'LockedHint': <true>`), '2'],
    ['the hint among others', changed('c1', `'IdleHint': <false>, 'LockedHint': <true>`), 'c1'],
    ['the signal', '/org/freedesktop/login1/session/_312: org.freedesktop.login1.Session.Lock ()', '12'],
    ['any session where ours is not known', changed('_39', `'LockedHint': <true>`), null],
  ])('locks: %s', (_name, line, session) => {
    expect(isLockLine(line, session)).toBe(true);
  });

  it.each([
    ['unlocked', changed('_32', `'LockedHint': <false>`)],
    ['idle', changed('_32', `'IdleHint': <true>`)],
    ['the session of somebody else', changed('_33', `'LockedHint': <true>`)],
    ['the signal to unlock', '/org/freedesktop/login1/session/_32: org.freedesktop.login1.Session.Unlock ()'],
    ['something else', '/org/freedesktop/login1: org.freedesktop.login1.Manager.PrepareForSleep (true,)'],
    ['the head', 'Monitoring signals from all objects owned by org.freedesktop.login1'],
  ])('does not: %s', (_name, line) => {
    expect(isLockLine(line, '2')).toBe(false);
  });
});
