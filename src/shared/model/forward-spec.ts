/** One end of a forward: a TCP address or a unix socket. */
export type Endpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/**
 * Where a forward listens. `host` null (a bare port) means loopback, IPv4 and IPv6 (the latter where the
 * machine has it). `port` 0: any free one; `lastPort` above `port`: the first free one of the range. The one taken is shown.
 */
export type ListenEndpoint =
  | { readonly kind: 'tcp'; readonly host: string | null; readonly port: number; readonly lastPort: number }
  | { readonly kind: 'unix'; readonly path: string };

/** A forward as configured. `spec` is its canonical short form and its identity within a tunnel. */
export type ForwardSpec = {
  readonly spec: string;
  /** Optional name for people. */
  readonly name: string | null;
  /** False: configured but switched off. */
  readonly enabled: boolean;
  /** At most so many clients at once; 0 is no limit of its own. */
  readonly maxConnections: number;
  /** Unix listeners: remove a stale socket first (OpenSSH's StreamLocalBindUnlink). */
  readonly unlink: boolean;
} & (
  | { readonly kind: 'local'; readonly listen: ListenEndpoint; readonly target: Endpoint }
  | { readonly kind: 'remote'; readonly listen: ListenEndpoint; readonly target: Endpoint }
  | { readonly kind: 'dynamic'; readonly listen: ListenEndpoint }
  | { readonly kind: 'remote-dynamic'; readonly listen: ListenEndpoint }
);

export type ForwardState = 'off' | 'listening' | 'up' | 'waiting' | 'failed';

/** True if the forward listens on this machine (and can be parked, or knock on demand). */
export function listensHere(forward: ForwardSpec): boolean {
  return forward.kind === 'local' || forward.kind === 'dynamic';
}
