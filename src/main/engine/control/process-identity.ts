import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Marks one life of a process: where the system tells, when it began, counted from the boot; else null. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Linux: boot id and start in clock ticks (proc(5), stat field 22). macOS: `ps`'s lstart. */
  readonly start: string | null;
  /** Wall clock, for systems without `start`: a process noted before the boot is gone. */
  readonly notedAtMs: number;
}

/** Identity of a running process. */
export function identify(pid: number, platform: NodeJS.Platform = process.platform): ProcessIdentity {
  return { pid, start: startOf(pid, platform), notedAtMs: Date.now() };
}

/** True if this very process still runs; a later process with the same id does not count. */
export function isAlive(noted: ProcessIdentity, platform: NodeJS.Platform = process.platform): boolean {
  if (!Number.isInteger(noted.pid) || noted.pid <= 0) return false;
  if (!exists(noted.pid)) return false;
  const start = startOf(noted.pid, platform);
  if (noted.start !== null && start !== null) return noted.start === start;
  const bootedAtMs = Date.now() - uptime() * 1000;
  // A minute of grace: the wall clock may have been set since.
  return noted.notedAtMs > bootedAtMs - 60_000;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: somebody else's process has the id now, or ours runs as another user: it exists.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function startOf(pid: number, platform: NodeJS.Platform): string | null {
  try {
    if (platform === 'linux') return linuxStart(pid);
    if (platform === 'darwin') {
      const text = execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        timeout: 2000,
        env: { LC_ALL: 'C' },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return text.trim() === '' ? null : text.trim();
    }
  } catch {
    // Not told: the caller falls back to the boot time.
  }
  return null;
}

function linuxStart(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The command in brackets may hold blanks and brackets: fields are counted from its last bracket; field 3 follows it. A zombie is dead.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields[22 - 3];
  if (ticks === undefined) return null;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return fields[0] === 'Z' ? `${boot} ended` : `${boot} ${ticks}`;
}

/** What ends a process, as a person types it; cmd.exe knows no `kill`. */
export const killCommand = (pid: number): string =>
  process.platform === 'win32' ? `taskkill /f /pid ${pid}` : `kill ${pid}`;
