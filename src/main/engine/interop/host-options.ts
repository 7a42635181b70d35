import { join } from 'node:path';
import type { Said } from '../../../shared/i18n/said.ts';
import { sshOption } from '../../../shared/i18n/sentences/ssh-option.ts';
import { cleanLine, cleanWhole } from '../../../shared/model/clean-text.ts';
import { type AuthMethodName, authMethodNames } from '../../../shared/model/config.ts';
import { isIpv4, isIpv6 } from '../config/forward-spec.ts';
import { formatDuration, formatSize } from '../config/quantity.ts';
import { isAlgorithmOption, takeAlgorithms } from './algorithm-list.ts';
import type { HostDraft } from './host-draft.ts';

export interface OptionContext {
  /** Makes a path of the option ready for the configuration (tokens, `~`). Null: it could not be. */
  readonly path: (text: string) => string | null;
  /** Why the known_hosts file at a path as `path` gives it is not to be believed, null if it is. */
  readonly distrust: (path: string) => Said | null;
  readonly platform: NodeJS.Platform;
}

type Taker = (draft: HostDraft, value: string, context: OptionContext, name: string) => void;

/** Options that add up; of all others the first counts. */
const additive = new Set(['identityfile', 'certificatefile']);

/** Names that ssh still takes for another option. */
const olderNames: Readonly<Record<string, string>> = {
  challengeresponseauthentication: 'kbdinteractiveauthentication',
  skeyauthentication: 'kbdinteractiveauthentication',
  tisauthentication: 'kbdinteractiveauthentication',
};

/**
 * Takes one option of ssh_config(5) over. `name` in any case. False: Holdfast has nothing like it, and the caller says so. What is known but
 * cannot be taken as it stands leaves a note in the draft.
 */
export function applyHostOption(draft: HostDraft, name: string, value: string, context: OptionContext): boolean {
  const lower = name.toLowerCase();
  const key = Object.hasOwn(olderNames, lower) ? (olderNames[lower] ?? lower) : lower;
  const take = Object.hasOwn(takers, key) ? takers[key] : isAlgorithmOption(key) ? takeList : undefined;
  if (take === undefined) return silent.has(key);
  if (draft.seen.has(key) && !additive.has(key)) return true;
  draft.seen.add(key);
  take(draft, value, context, name);
  return true;
}

const takeList: Taker = (draft, value, _context, name) => takeAlgorithms(draft, name, value);

const takers: Readonly<Record<string, Taker>> = {
  user: (draft, value, _context, name) => {
    if (/^[^\s-]\S*$/u.test(value)) draft.values['user'] = value;
    else leftOut(draft, name, value, sshOption.noUserName());
  },
  port: (draft, value, _context, name) => {
    const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
    if (port < 1 || port > 65_535) leftOut(draft, name, value, sshOption.noPort());
    else if (port !== 22) draft.values['port'] = port;
  },
  identityfile: (draft, value, context, name) => {
    if (value.toLowerCase() === 'none') leftOut(draft, name, value, sshOption.usualKeysAlways());
    else addPath(draft, 'identity', name, value, context);
  },
  certificatefile: (draft, value, context, name) => {
    if (value.toLowerCase() !== 'none') addPath(draft, 'certificates', name, value, context);
  },
  identitiesonly: yesNo('identities-only', false),
  preferredauthentications: preferredMethods,
  pubkeyauthentication: methodSwitch('publickey'),
  passwordauthentication: methodSwitch('password'),
  kbdinteractiveauthentication: methodSwitch('keyboard-interactive'),
  identityagent: (draft, value, context, name) => {
    if (value.toLowerCase() === 'none') draft.values['agent'] = false;
    else if (value === 'SSH_AUTH_SOCK' || value === '$SSH_AUTH_SOCK') draft.values['agent'] = true;
    else if (/^\$[A-Za-z_]/.test(value)) leftOut(draft, name, value, sshOption.agentByPathOnly());
    else {
      const path = context.path(value);
      if (path === null) leftOut(draft, name, value, sshOption.cannotFillIn());
      else draft.values['agent'] = path;
    }
  },
  stricthostkeychecking: (draft, value, _context, name) => {
    switch (value.toLowerCase()) {
      case 'yes':
      case 'true':
        draft.values['host-key-policy'] = 'strict';
        return;
      case 'accept-new':
        draft.values['host-key-policy'] = 'accept-new';
        draft.notes.push(sshOption.takesNewKeys({ what: `${name} ${shown(value)}` }));
        return;
      case 'ask':
        return;
      default:
        leftOut(draft, name, value, sshOption.asksAboutKeys());
    }
  },
  userknownhostsfile: (draft, value, context, name) => {
    const files = pathList(value);
    if (
      files.length === 0 ||
      files.some((file) => file === '/dev/null' || file.toUpperCase() === 'NUL' || file.toLowerCase() === 'none')
    ) {
      leftOut(draft, name, value, sshOption.keysKeptSomewhere());
      return;
    }
    const paths = files.map((file) => context.path(file));
    if (paths.some((path) => path === null)) leftOut(draft, name, value, sshOption.cannotFillIn());
    else {
      const own = paths.flatMap((path) => path ?? []);
      const distrust = own.flatMap((path) => context.distrust(path) ?? [])[0];
      if (distrust !== undefined) {
        leftOut(draft, name, value, distrust);
        return;
      }
      draft.notes.push(sshOption.ownKnownHosts({ what: `${name} ${shown(value)}` }));
      draft.values['known-hosts'] = [...own, ...systemKnownHosts(context.platform)];
      // ssh_config(5): with a file of its own, UpdateHostKeys is off unless it is said.
      if (!draft.seen.has('updatehostkeys')) draft.values['update-host-keys'] = false;
    }
  },
  updatehostkeys: (draft, value, _context, name) => {
    if (/^(yes|true|ask)$/i.test(value)) draft.values['update-host-keys'] = true;
    else if (/^(no|false)$/i.test(value)) draft.values['update-host-keys'] = false;
    else leftOut(draft, name, value, sshOption.yesOrNo());
  },
  hostkeyalias: (draft, value, _context, name) => {
    if (/^[^\s-]\S*$/u.test(value)) draft.values['host-key-alias'] = value;
    else leftOut(draft, name, value, sshOption.noHostName());
  },
  hashknownhosts: yesNo('hash-known-hosts', false),
  compression: yesNo('compression', false),
  tcpkeepalive: yesNo('tcp-keep-alive', true),
  addressfamily: (draft, value, _context, name) => {
    const family = value.toLowerCase();
    if (family === 'inet' || family === 'inet6') draft.values['address-family'] = family;
    else if (family !== 'any') leftOut(draft, name, value, sshOption.addressFamily());
  },
  bindaddress: (draft, value, _context, name) => {
    const address = value.replace(/^\[(.*)\]$/, '$1');
    if (isIpv4(address) || isIpv6(address)) draft.values['bind-address'] = address;
    else leftOut(draft, name, value, sshOption.addressNotName());
  },
  connecttimeout: time('connect-timeout'),
  serveraliveinterval: time('alive-interval'),
  serveralivecountmax: (draft, value, _context, name) => {
    const count = /^\d{1,4}$/.test(value) ? Number(value) : Number.NaN;
    if (count === 0) leftOut(draft, name, value, sshOption.endsAtFirstSilence());
    else if (count >= 1 && count <= 1000) draft.values['alive-count-max'] = count;
    else leftOut(draft, name, value, sshOption.wholeNumber({ least: 1, most: 1000 }));
  },
  proxycommand: (draft, value, _context, name) => {
    if (value.toLowerCase() === 'none' || value === '') return;
    const unknown = /%[^hprn%]/.exec(value.replaceAll('%%', ''));
    if (unknown !== null) leftOut(draft, name, value, sshOption.unknownToken({ token: unknown[0] }));
    else {
      draft.values['proxy-command'] = value;
      draft.notes.push(sshOption.runsCommand({ command: cleanWhole(value) }));
    }
  },
  rekeylimit: (draft, value, _context, name) => {
    const [size = '', interval = 'none'] = value.split(/\s+/);
    const match = /^(\d{1,15})([KMG]?)$/i.exec(size);
    const bytes = Number(match?.[1] ?? 0) * 1024 ** ' KMG'.indexOf((match?.[2] ?? '').toUpperCase() || ' ');
    if (match === null && !/^(default|none)$/i.test(size)) leftOut(draft, name, value, sshOption.size());
    else if (bytes > 0 && bytes < 1024 * 1024) leftOut(draft, name, value, sshOption.leastSize());
    else if (bytes > 0) draft.values['rekey-bytes'] = formatSize(bytes);
    const ms = interval.toLowerCase() === 'none' ? null : sshTime(interval);
    if (ms !== null && ms >= 60_000) draft.values['rekey-interval'] = formatDuration(ms);
    else if (ms !== null && ms > 0) leftOut(draft, name, value, sshOption.leastInterval());
  },
  forwardagent: (draft, value, _context, name) => {
    if (!/^(no|false)$/i.test(value)) leftOut(draft, name, value, sshOption.lendsNoAgent());
  },
  localcommand: runsNothing,
  knownhostscommand: runsNothing,
  addkeystoagent: (draft, value, _context, name) => {
    if (!/^(no|false)$/i.test(value)) leftOut(draft, name, value, sshOption.addsNoKeys());
  },
};

/** What changes nothing about a tunnel, or is what Holdfast does anyway. */
const silent = new Set([
  'exitonforwardfailure',
  'loglevel',
  'logverbose',
  'requesttty',
  'sessiontype',
  'stdinnull',
  'forkafterauthentication',
  'escapechar',
  'batchmode',
  'visualhostkey',
  'checkhostip',
  'fingerprinthash',
  'forwardx11',
  'forwardx11trusted',
  'forwardx11timeout',
  'connectionattempts',
  'permitlocalcommand',
  'enableescapecommandline',
  'syslogfacility',
  'ipqos',
]);

function runsNothing(draft: HostDraft, value: string, _context: OptionContext, name: string): void {
  if (value.toLowerCase() !== 'none') leftOut(draft, name, value, sshOption.runsNoSuchCommand());
}

function yesNo(key: string, fallback: boolean): Taker {
  return (draft, value, _context, name) => {
    const isYes = /^(yes|true)$/i.test(value);
    if (!isYes && !/^(no|false)$/i.test(value)) leftOut(draft, name, value, sshOption.yesOrNo());
    else if (isYes !== fallback) draft.values[key] = isYes;
  };
}

/** PreferredAuthentications: what Holdfast has of the list, in its order. What other options switched off stays off. */
function preferredMethods(draft: HostDraft, value: string, _context: OptionContext, name: string): void {
  const given = [...new Set(value.split(',').map((method) => method.trim().toLowerCase()))].filter((one) => one !== '');
  const left = methodsOf(draft);
  const unknown = given.filter((method) => !authMethodNames.some((known) => known === method));
  const chosen = given.flatMap((method) => left.find((known) => known === method) ?? []);
  if (unknown.length > 0) leftOut(draft, name, unknown.join(','), sshOption.loginMethods());
  if (chosen.length > 0) setMethods(draft, chosen);
  else if (unknown.length === 0) leftOut(draft, name, value, sshOption.noMethodLeft());
}

/** PubkeyAuthentication and its kin. */
function methodSwitch(method: AuthMethodName): Taker {
  return (draft, value, _context, name) => {
    // PubkeyAuthentication has two more words, for the binding to the host.
    if (/^(yes|true|unbound|host-bound)$/i.test(value)) return;
    const left = methodsOf(draft).filter((other) => other !== method);
    if (!/^(no|false)$/i.test(value)) leftOut(draft, name, value, sshOption.yesOrNo());
    else if (left.length === 0) leftOut(draft, name, value, sshOption.noMethodLeft());
    else setMethods(draft, left);
  };
}

function methodsOf(draft: HostDraft): readonly AuthMethodName[] {
  return (draft.values['auth-methods'] ?? authMethodNames) as readonly AuthMethodName[];
}

function setMethods(draft: HostDraft, methods: readonly AuthMethodName[]): void {
  if (methods.join() === authMethodNames.join()) delete draft.values['auth-methods'];
  else draft.values['auth-methods'] = methods;
}

function time(key: string): Taker {
  return (draft, value, _context, name) => {
    const ms = value.toLowerCase() === 'none' ? 0 : sshTime(value);
    if (ms === null) leftOut(draft, name, value, sshOption.time());
    else draft.values[key] = formatDuration(ms);
  };
}

/** TIME FORMATS of sshd_config(5) in milliseconds: `90`, `1m30s`, `2w`. */
export function sshTime(text: string): number | null {
  const match = /^(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,9})s?)?$/i.exec(text);
  if (match === null || text === '') return null;
  const part = (index: number): number => Number(match[index] ?? 0);
  const seconds = (((part(1) * 7 + part(2)) * 24 + part(3)) * 60 + part(4)) * 60 + part(5);
  return seconds <= 3650 * 86_400 ? seconds * 1000 : null;
}

function addPath(draft: HostDraft, key: string, name: string, value: string, context: OptionContext): void {
  const path = context.path(unquoted(value));
  const had = (draft.values[key] ?? []) as readonly string[];
  if (path === null) leftOut(draft, name, value, sshOption.cannotFillIn());
  else if (had.length >= 100) leftOut(draft, name, value, sshOption.enoughFiles());
  else if (!had.includes(path)) draft.values[key] = [...had, path];
}

/** Several paths in one line. ssh -G prints them without quotes: what does not begin like a path belongs to the one before. */
export function pathList(text: string): string[] {
  const paths: string[] = [];
  for (const match of text.matchAll(/"([^"]*)"|(\S+)/g)) {
    const part = match[1] ?? match[2] ?? '';
    const last = paths.at(-1);
    if (
      last !== undefined &&
      match[1] === undefined &&
      !/^([/~%$]|[A-Za-z]:[\\/])/.test(part) &&
      /^([/~]|[A-Za-z]:)/.test(last)
    ) {
      paths[paths.length - 1] = `${last} ${part}`;
    } else paths.push(part);
  }
  return paths;
}

/** The files that ssh reads beside those of the user. */
export function systemKnownHosts(platform: NodeJS.Platform): string[] {
  if (platform === 'win32') return [join(process.env['ProgramData'] ?? 'C:\\ProgramData', 'ssh', 'ssh_known_hosts')];
  return ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
}

export function unquoted(text: string): string {
  return /^"(.*)"$/s.exec(text)?.[1] ?? text;
}

export function leftOut(draft: HostDraft, name: string, value: string, why: Said): void {
  draft.notes.push(sshOption.leftOut({ what: `${name} ${shown(value)}`, why }));
}

/** A text of somebody else for a note: one line, not too long. */
export function shown(text: string): string {
  return cleanLine(text, 120);
}
