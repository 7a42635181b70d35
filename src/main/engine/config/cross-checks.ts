import type { HostConfig, TunnelConfig } from '../../../shared/model/config.ts';
import { type ForwardSpec, type ListenEndpoint, listensHere } from '../../../shared/model/forward-spec.ts';
import { formatListen } from './forward-spec.ts';
import { nearest } from './nearest.ts';
import type { KeyPath } from './problem.ts';

/** What one key says about another. */
export interface CrossCheckInput {
  readonly hosts: ReadonlyMap<string, HostConfig>;
  readonly tunnels: ReadonlyMap<string, TunnelConfig>;
  /** Every name below `hosts`, also of those with faults. */
  readonly hostNames: ReadonlySet<string>;
  /** Which place of its list in the file a forward has. */
  readonly placeOf: (forward: ForwardSpec) => number;
  /** False if some forward of the tunnel could not be read. */
  readonly isWhole: (tunnel: string) => boolean;
  readonly report: (path: KeyPath, message: string) => void;
  readonly warn: (path: KeyPath, message: string) => void;
}

export function crossCheck(input: CrossCheckInput): void {
  for (const host of input.hosts.values()) checkJumps(host, input);
  checkJumpLoops(input);
  const groups = new Map<string, string>();
  for (const tunnel of input.tunnels.values()) {
    if (tunnel.group !== null) groups.set(tunnel.group, tunnel.name);
    if (!input.hostNames.has(tunnel.host)) {
      input.report(['tunnels', tunnel.name, 'host'], unknownHost(tunnel.host, input.hostNames));
    }
    checkListeners(tunnel, input);
    checkDemand(tunnel, input);
    checkReach(tunnel, input);
  }
  for (const tunnel of input.tunnels.values()) {
    if (tunnel.group !== null && input.tunnels.has(tunnel.group)) {
      const path = ['tunnels', tunnel.name, 'group'];
      input.report(path, `"${tunnel.group}" is a tunnel too, and a command could mean either; choose another name`);
    }
  }
  checkSharedListeners(input);
}

function unknownHost(name: string, known: ReadonlySet<string>): string {
  const guess = nearest(name, known);
  return `there is no host ${JSON.stringify(name.slice(0, 80))}${guess === null ? '' : `; the nearest is "${guess}"`}`;
}

function checkJumps(host: HostConfig, input: CrossCheckInput): void {
  const seen = new Set<string>();
  for (const [index, hop] of host.jump.entries()) {
    const path = ['hosts', host.name, 'jump', index];
    if (hop === host.name) input.report(path, 'a host cannot be a hop on the way to itself');
    else if (!input.hostNames.has(hop)) input.report(path, unknownHost(hop, input.hostNames));
    else if (seen.has(hop)) input.report(path, `"${hop}" stands twice in the chain`);
    seen.add(hop);
    const own = input.hosts.get(hop)?.jump ?? [];
    const before = host.jump.slice(0, index);
    if (hop !== host.name && own.length > 0 && !own.every((name) => before.includes(name) || name === host.name)) {
      const whole = [...own, hop].map((name) => JSON.stringify(name)).join(', ');
      input.warn(path, `the jump of "${hop}" is not followed from here; to go through it as well, write ${whole}`);
    }
  }
}

/** Hosts that are hops on the way to each other: whatever is meant, one of the two cannot be reached that way. */
function checkJumpLoops(input: CrossCheckInput): void {
  const state = new Map<string, 'open' | 'done'>();
  for (const start of input.hosts.keys()) {
    if (state.has(start)) continue;
    const stack: { name: string; next: number }[] = [{ name: start, next: 0 }];
    state.set(start, 'open');
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const index = top.next;
      const hop = input.hosts.get(top.name)?.jump[index];
      if (hop === undefined) {
        state.set(top.name, 'done');
        stack.pop();
        continue;
      }
      top.next += 1;
      if (state.get(hop) === 'open' && hop !== top.name) {
        const loop = stack.slice(stack.findIndex((entry) => entry.name === hop)).map((entry) => entry.name);
        input.report(['hosts', top.name, 'jump', index], `a loop: ${[...loop, hop].join(' goes through ')}`);
      } else if (!state.has(hop) && input.hosts.has(hop)) {
        state.set(hop, 'open');
        stack.push({ name: hop, next: 0 });
      }
    }
  }
}

function checkListeners(tunnel: TunnelConfig, input: CrossCheckInput): void {
  const specs = new Map<string, ForwardSpec>();
  const taken = new Map<string, ForwardSpec[]>();
  for (const forward of tunnel.forwards) {
    const path = ['tunnels', tunnel.name, 'forwards', input.placeOf(forward)];
    if (specs.has(forward.spec)) {
      input.report(path, `"${forward.spec}" stands twice in the tunnel`);
      continue;
    }
    specs.set(forward.spec, forward);
    const slot = `${listensHere(forward) ? 'here' : 'there'} ${slotOf(forward.listen)}`;
    const other = taken.get(slot)?.find((earlier) => overlap(earlier.listen, forward.listen));
    if (other !== undefined) {
      input.report(path, `listens where "${other.spec}" of the same tunnel does; change one of the two`);
    }
    taken.set(slot, [...(taken.get(slot) ?? []), forward]);
  }
}

/** Two listeners can clash only within one slot. Port 0 and ranges look for a free port and clash with nothing. */
function slotOf(listen: ListenEndpoint): string {
  return listen.kind === 'unix' ? listen.path : String(listen.port);
}

const loopback = ['127.0.0.1', '::1'];

function overlap(a: ListenEndpoint, b: ListenEndpoint): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') return a.kind === b.kind;
  if (a.port === 0 || a.lastPort > a.port || b.lastPort > b.port) return false;
  return addresses(a.host).some((one) => addresses(b.host).some((other) => sameAddress(one, other)));
}

function addresses(host: string | null): readonly string[] {
  if (host === null || host.toLowerCase() === 'localhost') return loopback;
  return host === '*' ? ['0.0.0.0', '::'] : [host.toLowerCase()];
}

function sameAddress(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.includes(':') !== b.includes(':')) return false;
  return [a, b].some((address) => address === '0.0.0.0' || address === '::');
}

function checkDemand(tunnel: TunnelConfig, input: CrossCheckInput): void {
  if (tunnel.start !== 'demand' || !input.isWhole(tunnel.name)) return;
  if (tunnel.forwards.some((forward) => listensHere(forward))) return;
  const path = ['tunnels', tunnel.name, 'start'];
  input.report(path, '"demand" needs a forward that listens on this machine (local or dynamic): nobody could knock');
}

/** Nothing listens beyond loopback unless it is said here; and what is said here is said aloud. */
function checkReach(tunnel: TunnelConfig, input: CrossCheckInput): void {
  for (const forward of tunnel.forwards) {
    const { listen } = forward;
    if (listen.kind !== 'tcp' || isLoopback(listen.host)) continue;
    const where = listensHere(forward) ? 'this machine' : 'the server';
    const path = ['tunnels', tunnel.name, 'forwards', input.placeOf(forward)];
    input.warn(
      path,
      `${formatListen(listen)} is open to other machines that reach ${where}, not only to its own programs`,
    );
  }
}

/** True for what stays on the machine: no host at all, localhost, 127.0.0.0/8, ::1. */
export function isLoopback(host: string | null): boolean {
  if (host === null) return true;
  const lower = host.toLowerCase();
  return lower === 'localhost' || lower === '::1' || /^127(\.\d{1,3}){3}$/.test(lower);
}

/** Two tunnels may share a port, in turn. If both start by themselves, the second can only fail. */
function checkSharedListeners(input: CrossCheckInput): void {
  const taken = new Map<string, { tunnel: string; listen: ListenEndpoint }[]>();
  for (const tunnel of input.tunnels.values()) {
    if (tunnel.start === 'manual' || tunnel.interactive) continue;
    const own: [string, ListenEndpoint][] = [];
    for (const forward of tunnel.forwards) {
      if (!forward.enabled || !listensHere(forward)) continue;
      const slot = slotOf(forward.listen);
      const other = taken.get(slot)?.find((entry) => overlap(entry.listen, forward.listen));
      if (other !== undefined) {
        const path = ['tunnels', tunnel.name, 'forwards', input.placeOf(forward)];
        const place = formatListen(forward.listen);
        input.warn(
          path,
          `the tunnel "${other.tunnel}" listens at ${place} too, and both start by themselves; one will fail`,
        );
      }
      own.push([slot, forward.listen]);
    }
    for (const [slot, listen] of own) {
      const list = taken.get(slot) ?? [];
      list.push({ tunnel: tunnel.name, listen });
      taken.set(slot, list);
    }
  }
}
