import { useMemo } from 'react';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { usePage, type PageState } from '../../store/page-store.ts';

/** A tunnel as its row needs it: the same object as long as nothing but bytes changed. */
export function useRowTunnel(name: string): TunnelStatus | undefined {
  const select = useMemo(() => rowSelector(name), [name]);
  return usePage(select);
}

function rowSelector(name: string): (page: PageState) => TunnelStatus | undefined {
  let last: TunnelStatus | undefined;
  return ({ tunnels }) => {
    const now = tunnels.get(name);
    if (last === undefined || now === undefined || !isSameRow(last, now)) last = now;
    return last;
  };
}

function isSameRow(one: TunnelStatus, other: TunnelStatus): boolean {
  if (one === other) return true;
  const { forwards: ours, ...rest } = one;
  const { forwards: theirs, ...restOfOther } = other;
  return (
    (Object.keys(rest) as (keyof typeof rest)[]).every((key) => rest[key] === restOfOther[key]) &&
    ours.length === theirs.length &&
    ours.every((forward, index) => {
      const there = theirs[index];
      return (
        there !== undefined &&
        forward.spec === there.spec &&
        forward.listen === there.listen &&
        forward.clients === there.clients
      );
    })
  );
}
