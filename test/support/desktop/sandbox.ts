import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { isRoot } from '../root.ts';

/** Whether Chromium's sandbox can be on for whoever runs the tests. Where it can, it is. */
export type Sandbox = { readonly kind: 'on' } | { readonly kind: 'off'; readonly why: string };

/** Chromium makes namespaces for its pages: by itself where users may, else by a helper beside its program that belongs to root. */
export function sandboxOf(electron: string): Sandbox {
  if (isRoot) return { kind: 'off', why: 'Chromium has none for root; npm test runs Electron as an ordinary user' };
  const helper = join(dirname(electron), 'chrome-sandbox');
  if (mayMakeNamespaces() || isSetuidRoot(helper)) return { kind: 'on' };
  const allow = 'sudo sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0';
  return {
    kind: 'off',
    why: `users may make no namespaces here; allow it (${allow}) or run: sudo chown root ${helper} && sudo chmod 4755 ${helper}`,
  };
}

function mayMakeNamespaces(): boolean {
  return spawnSync('unshare', ['--user', '--map-root-user', '--pid', '--net', '--fork', 'true']).status === 0;
}

function isSetuidRoot(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && stat.uid === 0 && (stat.mode & 0o4001) === 0o4001;
}

/** Notes for the end of the run that tests of this file use an Electron, and how. */
export function noteElectron(sandbox: Sandbox): void {
  const notes = process.env['HOLDFAST_TEST_ELECTRONS'];
  const { testPath } = expect.getState();
  if (notes === undefined || testPath === undefined) return;
  const note = {
    file: testPath,
    user: userInfo().username,
    withoutSandbox: sandbox.kind === 'on' ? null : sandbox.why,
  };
  appendFileSync(notes, `${JSON.stringify(note)}\n`);
}

/** What the system says of a process: the seccomp filters that it is under, and whether its user and network namespaces are its own. */
export function confinementOf(pid: number): { readonly seccomp: boolean; readonly namespaces: boolean } {
  const seccomp = /^Seccomp:\t2$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  // Which namespaces they are may be read only from inside; that it has a process number in another one is told to all.
  const namespaces = /^NSpid:\t\d+\t\d+/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return { seccomp, namespaces };
}
