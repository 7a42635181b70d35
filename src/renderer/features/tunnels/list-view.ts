import type { TunnelStatus } from '../../../shared/model/tunnel.ts';

/** A group and its rows, in the configuration's order. `group` null: those without one. */
export interface ListGroup {
  readonly group: string | null;
  readonly names: readonly string[];
}

/** Whether a tunnel is found by a text: every word somewhere in name, group, host or forwards. */
export function matches(tunnel: TunnelStatus, find: string): boolean {
  const hay = [
    tunnel.name,
    tunnel.group ?? '',
    tunnel.host,
    ...tunnel.forwards.map((f) => `${f.spec} ${f.listen ?? ''}`),
  ]
    .join(' ')
    .toLowerCase();
  return find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

/** Groups in the order in which they first appear; tunnels without a group come last. Nothing is ever sorted by state. */
export function listGroups(
  order: readonly string[],
  tunnels: ReadonlyMap<string, TunnelStatus>,
  find: string,
): readonly ListGroup[] {
  const groups = new Map<string | null, string[]>();
  for (const name of order) {
    const tunnel = tunnels.get(name);
    if (tunnel === undefined || !matches(tunnel, find.trim())) continue;
    const names = groups.get(tunnel.group);
    if (names === undefined) groups.set(tunnel.group, [name]);
    else names.push(name);
  }
  const loose = groups.get(null);
  groups.delete(null);
  return [
    ...[...groups].map(([group, names]) => ({ group, names })),
    ...(loose === undefined ? [] : [{ group: null, names: loose }]),
  ];
}

/** Whether a text in the find field is an ssh command to make a tunnel of. */
export function isSshCommand(text: string): boolean {
  return /^\s*(?:\S*\/)?(?:auto)?ssh\s+\S/.test(text);
}
