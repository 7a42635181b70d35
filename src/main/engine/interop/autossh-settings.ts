import type { ConfigValue } from '../../../shared/contract/editing-calls.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { sshCommand } from '../../../shared/i18n/sentences/ssh-command.ts';
import { sshOption } from '../../../shared/i18n/sentences/ssh-option.ts';
import { formatDuration } from '../config/quantity.ts';
import { shown } from './host-options.ts';
import type { SshInvocation } from './ssh-arguments.ts';

/** autossh's monitor port, -f and AUTOSSH_ variables as keys of a tunnel (autossh(1), ENVIRONMENT). */
export function autosshValues(invocation: SshInvocation, notes: Said[]): Record<string, ConfigValue> {
  const values: Record<string, ConfigValue> = { backoff: 'autossh' };
  const { environment } = invocation;
  const seconds = (name: string, key: string, leastMs: number): void => {
    const text = environment.get(name);
    if (text === undefined) return;
    const ms = /^\d{1,8}$/.test(text) ? Number(text) * 1000 : -1;
    if (ms < leastMs)
      notes.push(sshOption.leftOut({ what: `${name}=${shown(text)}`, why: sshCommand.noSuchSeconds() }));
    else values[key] = formatDuration(ms);
  };
  seconds('AUTOSSH_GATETIME', 'gate-time', 0);
  seconds('AUTOSSH_POLL', 'poll', 1000);
  seconds('AUTOSSH_FIRST_POLL', 'first-poll', 1000);
  seconds('AUTOSSH_MAXLIFETIME', 'max-lifetime', 0);
  // In the background autossh goes on whatever the first try gives.
  if (invocation.background) values['gate-time'] = '0s';
  const starts = environment.get('AUTOSSH_MAXSTART');
  if (starts !== undefined) {
    const count = /^-?\d{1,7}$/.test(starts) ? Number(starts) : Number.NaN;
    if (count >= -1 && count <= 1_000_000 && count !== 0) values['max-starts'] = count;
    else notes.push(sshOption.leftOut({ what: `AUTOSSH_MAXSTART=${shown(starts)}`, why: sshCommand.starts() }));
  }
  setProbe(values, environment.get('AUTOSSH_PORT') ?? invocation.monitor, notes);
  const known = new Set(
    ['GATETIME', 'POLL', 'FIRST_POLL', 'MAXLIFETIME', 'MAXSTART', 'PORT'].map((name) => `AUTOSSH_${name}`),
  );
  for (const name of environment.keys()) {
    if (!known.has(name)) notes.push(sshOption.leftOut({ what: shown(name), why: sshOption.nothingLikeIt() }));
  }
  return values;
}

/** `-M 0`: no loop, as Holdfast's own probe. `-M PORT`: a loop; `-M PORT:ECHO`: an echo service on the server's side. */
function setProbe(values: Record<string, ConfigValue>, monitor: string | null, notes: Said[]): void {
  if (monitor === null || monitor === '0') return;
  const match = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(monitor);
  const port = Number(match?.[1] ?? 0);
  const echo = match?.[2] === undefined ? null : Number(match[2]);
  if (match === null || port > 65_534 || (echo !== null && (echo < 1 || echo > 65_535))) {
    notes.push(sshOption.leftOut({ what: `-M ${shown(monitor)}`, why: sshCommand.noMonitorPort() }));
  } else if (echo !== null) values['probe'] = { type: 'echo', host: 'localhost', port: echo };
  else if (port > 0) values['probe'] = 'loop';
}
