import type { Socket } from 'node:net';
import { asHoldfastError, type Cause, type FailureCode, type HoldfastError } from '../../../shared/model/failure.ts';
import type { ForwardSpec, ForwardState } from '../../../shared/model/forward-spec.ts';
import type { ForwardStatus } from '../../../shared/model/tunnel.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { DisposableStore } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import type { Log } from '../log/log.ts';
import { RareLines } from '../log/rare-lines.ts';
import type { SshChannel } from '../ssh/link.ts';
import { hostPortText } from './address-text.ts';
import type { ForwardClient } from './forward-runner.ts';
import type { PortRegistry } from './port-registry.ts';
import { type BytePump, pump, type PumpedConnection } from './pump.ts';

/** What a forward runner needs from outside. */
export interface ForwardRunnerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The tunnel's name: it holds the local ports in the registry. */
  readonly tunnel: string;
  /** How long a local client waits for the link; 0: the listener closes on `detach`. */
  readonly parkMs: number;
  readonly registry: PortRegistry;
  /** The SSH host's name, for messages. */
  readonly host: string;
  /** The byte path; the stream pump by default. */
  readonly pump?: BytePump;
}

/** The other end of a local socket. */
export type Peer = Pick<ForwardClient, 'peer' | 'peerPort'>;

export function peerOf(socket: Socket): Peer {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return { peer: '', peerPort: null };
  return { peer: hostPortText(remoteAddress, remotePort), peerPort: remotePort };
}

/** What all kinds of forwards share: events, live connections, counters, the status and its cause, logging without storms. */
export class ForwardBase<S extends ForwardSpec = ForwardSpec> {
  readonly spec: S;
  protected readonly options: ForwardRunnerOptions;
  readonly #store = new DisposableStore();
  readonly #change = this.#store.add(new Emitter<void>());
  readonly onDidChange = this.#change.event;
  protected readonly knock = this.#store.add(new Emitter<void>());
  readonly onDidKnock = this.knock.event;
  protected readonly fail = this.#store.add(new Emitter<void>());
  readonly onDidFail = this.fail.event;
  readonly #live = new Map<PumpedConnection, { readonly peer: Peer; readonly sinceAtMs: number }>();
  readonly #rareLines: RareLines;
  /** Clients between their coming and the pump: waiting, shaking hands, opening. */
  #pending = 0;
  #endedBytesIn = 0;
  #endedBytesOut = 0;
  #state: ForwardState = 'waiting';
  #listen: string | null = null;
  #cause: Cause | null = null;
  #disposed = false;

  constructor(spec: S, options: ForwardRunnerOptions) {
    this.spec = spec;
    this.options = options;
    this.#rareLines = new RareLines({ log: options.log, clock: options.clock });
    if (!spec.enabled) this.#state = 'off';
  }

  get clients(): number {
    return this.#live.size;
  }

  protected get isDisposed(): boolean {
    return this.#disposed;
  }

  status(): ForwardStatus {
    let bytesIn = this.#endedBytesIn;
    let bytesOut = this.#endedBytesOut;
    for (const connection of this.#live.keys()) {
      bytesIn += connection.bytesIn;
      bytesOut += connection.bytesOut;
    }
    return {
      spec: this.spec.spec,
      state: this.#state,
      listen: this.#listen,
      cause: this.#cause,
      clients: this.clients,
      bytesIn,
      bytesOut,
    };
  }

  /** Clients with a live connection; runners that park add theirs. */
  connections(): readonly ForwardClient[] {
    return [...this.#live].map(([connection, { peer, sinceAtMs }]) => ({
      ...peer,
      sinceAtMs,
      bytesIn: connection.bytesIn,
      bytesOut: connection.bytesOut,
      isParked: false,
    }));
  }

  /** Sets what `status` shows; `cause` undefined leaves it as it is. */
  protected show(state: ForwardState, listen: string | null, cause?: Cause | null): void {
    const next = cause === undefined ? this.#cause : cause;
    if (state === this.#state && listen === this.#listen && next === this.#cause) return;
    this.#state = state;
    this.#listen = listen;
    this.#cause = next;
    this.changed();
  }

  protected changed(): void {
    if (!this.#disposed) this.#change.fire();
  }

  /** A bind went wrong: shown as failed if only a person can mend it. */
  protected showBindError(error: HoldfastError): void {
    this.show(error.retry === 'person' ? 'failed' : 'waiting', null, error.toCause());
  }

  /** One client could not be served. The forward stays up and shows why; the log gets at most a line in 10 s for each cause. */
  protected clientFailed(thrown: unknown): HoldfastError {
    const error = asHoldfastError(thrown, this.spec.spec);
    this.#cause = error.toCause();
    this.changed();
    this.logRarely(error.code, error.message);
    return error;
  }

  protected clientServed(): void {
    if (this.#cause === null) return;
    this.#cause = null;
    this.changed();
  }

  protected logRarely(code: FailureCode, message: string): void {
    this.#rareLines.warn(code, message, { forward: this.spec.spec, code });
  }

  /** Takes a place among `maxConnections`; false if there is none left. Give it back with `leave`. */
  protected enter(): boolean {
    const { maxConnections } = this.spec;
    if (maxConnections > 0 && this.#pending + this.#live.size >= maxConnections) {
      this.logRarely(
        'forward-denied',
        `A client was turned away: ${maxConnections} are connected, the most this forward takes.`,
      );
      return false;
    }
    this.#pending += 1;
    return true;
  }

  protected leave(): void {
    this.#pending -= 1;
  }

  /** Joins both and counts the connection as live until it ends. */
  protected join(local: Socket, channel: SshChannel): void {
    const connection = (this.options.pump ?? pump)(local, channel, { clock: this.options.clock });
    this.#live.set(connection, { peer: peerOf(local), sinceAtMs: this.options.clock.wallNow() });
    connection.onDidEnd((how) => {
      this.#live.delete(connection);
      this.#endedBytesIn += connection.bytesIn;
      this.#endedBytesOut += connection.bytesOut;
      this.options.log.debug('a client left', {
        forward: this.spec.spec,
        how,
        bytesIn: connection.bytesIn,
        bytesOut: connection.bytesOut,
      });
      this.changed();
    });
    this.clientServed();
    this.changed();
  }

  /** Resets all live connections. */
  protected resetLive(): void {
    for (const connection of [...this.#live.keys()]) connection.dispose();
  }

  /** The last step of a runner's `dispose`. */
  protected disposeBase(): void {
    this.resetLive();
    this.show('off', null, null);
    this.#disposed = true;
    this.#store.dispose();
  }
}
