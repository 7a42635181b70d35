import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import type { ForwardStatus } from '../../../shared/model/tunnel.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import type { Event } from '../lifecycle/emitter.ts';
import type { SshLink } from '../ssh/link.ts';

/**
 * forward: listeners, remote listeners, SOCKS and HTTP CONNECT, unix sockets, and the byte pump.
 *
 * - forward-runner.ts         what the supervisor sees of one forward
 * - create-forward-runner.ts  makes one, of any kind
 * - forward-base.ts           counters, status and cause, caps, rare log lines: shared by
 * - local-runner.ts           forwards that listen here (local, dynamic), with
 * - parking.ts                clients that wait for the link
 * - remote-runner.ts          forwards that listen on the server (remote, remote-dynamic), with
 * - dial-target.ts            connections from this machine to their targets
 * - pump.ts                   the byte path, behind the type `BytePump`
 * - listener.ts               binding all addresses or none; bind-errors.ts, unix-socket-file.ts, port-holder.ts, port-registry.ts: who holds a port
 * - proxy-handshake.ts        speaks with a proxy client; proxy-dialects.ts, proxy-request.ts, socks.ts, http-connect.ts: the parsers, pure
 */

/**
 * One configured forward while its tunnel is wanted. The supervisor calls; the runner owns listener, parked clients and live connections.
 * Local and dynamic ones: `open` binds, `attach` lets clients through, `detach` parks. Remote ones: `open` does nothing, `attach` binds on the server.
 */
/** A client of a forward, live or waiting. Times ending in `AtMs` are wall clock. */
export interface ForwardClient {
  /** `127.0.0.1:51234`; empty for a unix socket. For remote forwards our own end of the connection to the target. */
  readonly peer: string;
  /** The client's port on this machine, by which the system knows its program; null for unix sockets. */
  readonly peerPort: number | null;
  readonly sinceAtMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Waits for the link. */
  readonly isParked: boolean;
}

export interface ForwardRunner extends Disposable {
  readonly spec: ForwardSpec;
  /** Anything that `status()` shows has changed (coalesced by the listener, not here). */
  readonly onDidChange: Event<void>;
  /** A local client came while no link was attached: on demand this starts the tunnel. */
  readonly onDidKnock: Event<void>;
  /** Fires when a live forward stops working by itself while attached (the listener died, the server cancelled). */
  readonly onDidFail: Event<void>;
  /** Clients with a live connection, parked ones not counted. */
  readonly clients: number;
  readonly parked: number;
  /** Every client, those that wait last. */
  connections(): readonly ForwardClient[];
  /** Binds the local listener; does nothing if it is bound, or for remote kinds. Rejects with `port-in-use`, `port-forbidden`, `bind-failed`. */
  open(): Promise<void>;
  /** Uses this link from now on. Remote kinds bind there: rejects with `remote-port-refused`. Opens first if need be. */
  attach(link: SshLink): Promise<void>;
  /** The link is gone: live connections are reset. Local listeners stay and park new clients, or close where parking is off. */
  detach(): void;
  /** While held (a person is being asked) parked clients do not time out. */
  holdParked(held: boolean): void;
  /** Ends parked clients now (the tunnel is dead or stopped). */
  releaseParked(): void;
  status(): ForwardStatus;
  /** Closes everything; live local clients are reset, the listener is closed when this returns. */
  dispose(): void;
}
