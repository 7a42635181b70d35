import { afterEach, describe, expect, it, vi } from 'vitest';
import { endNote, sandboxNote } from '../../../src/main/desktop-launch.ts';

/** What is said of Chromium's sandbox, to root and to everybody else. */

const become = (uid: number): void => void vi.spyOn(process, 'getuid').mockReturnValue(uid);
const app = { program: '/opt/Holdfast/holdfast' };
afterEach(() => vi.restoreAllMocks());

describe.runIf(process.platform === 'linux')('as root', () => {
  it('says before the start that the window has no sandbox, and nothing at its end', () => {
    become(0);
    expect(sandboxNote()).toMatch(/without one\. Better start it as an ordinary user/);
    expect(endNote(app, 'SIGTRAP')).toBeNull();
  });
});

describe.runIf(process.platform === 'linux')('as an ordinary user', () => {
  it('says nothing before the start', () => {
    become(1000);
    expect(sandboxNote()).toBeNull();
  });

  it.each(['SIGTRAP', 'SIGABRT'] as const)('names the way to a sandbox when Chromium ended itself by %s', (signal) => {
    become(1000);
    const note = endNote(app, signal);
    expect(note).toContain(
      'sudo chown root /opt/Holdfast/chrome-sandbox && sudo chmod 4755 /opt/Holdfast/chrome-sandbox',
    );
    expect(note).toContain('holdfast app --panel');
  });

  it('says nothing at any other end', () => {
    become(1000);
    expect([endNote(app, null), endNote(app, 'SIGTERM'), endNote(app, 'SIGKILL')]).toEqual([null, null, null]);
  });
});
