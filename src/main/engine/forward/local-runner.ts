import type { Socket } from 'node:net';
import { asHoldfastError, HoldfastError } from '../../../shared/model/failure.ts';
import type { Endpoint, ForwardSpec } from '../../../shared/model/forward-spec.ts';
import { type Disposable, MutableDisposable } from '../lifecycle/disposable.ts';
import { ignoreError } from '../lifecycle/socket-server.ts';
import type { SshChannel, SshLink } from '../ssh/link.ts';
import { ForwardBase, peerOf, type ForwardRunnerOptions } from './forward-base.ts';
import type { ForwardClient, ForwardRunner } from './forward-runner.ts';
import { type BoundListener, bindListener } from './listener.ts';
import { ParkingLot } from './parking.ts';
import { negotiateProxy, outcomeOf } from './proxy-handshake.ts';
import { proxyReply } from './proxy-dialects.ts';
import type { ProxyRequest } from './proxy-request.ts';
import { resetSocket } from './reset-socket.ts';

type LocalSpec = Extract<ForwardSpec, { kind: 'local' | 'dynamic' }>;

/** With parking off a client that comes on demand still has to wait for the link that it asked for. */
const knockWaitMs = 20_000;

/** A client that gets no more than a goodbye must take it within this time. */
const goodbyeMs = 2000;

/** Forwards that listen here: `local` and `dynamic`. */
export class LocalRunner extends ForwardBase<LocalSpec> implements ForwardRunner {
  readonly #parking: ParkingLot;
  readonly #listener = new MutableDisposable<BoundListener>();
  /** Sockets from accept to pump, with what aborts their opening. */
  readonly #early = new Map<Socket, AbortController>();
  /** Sockets that only take their goodbye. */
  readonly #leaving = new Map<Socket, Disposable>();
  #link: SshLink | null = null;
  /** Counts attach and detach, so that a stale `attach` changes nothing. */
  #attempt = 0;
  #opening: Promise<void> | null = null;
  /** False after a `detach` without parking: a bind that is under way ends closed. */
  #mayListen = true;

  constructor(spec: LocalSpec, options: ForwardRunnerOptions) {
    super(spec, options);
    this.#parking = new ParkingLot(options.clock, options.parkMs > 0 ? options.parkMs : knockWaitMs, () =>
      this.changed(),
    );
  }

  get parked(): number {
    return this.#parking.size;
  }

  open(): Promise<void> {
    this.#mayListen = true;
    if (this.#listener.value?.isIntact()) return Promise.resolve();
    this.#listener.clear();
    this.#opening ??= this.#bind().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async attach(link: SshLink): Promise<void> {
    if (this.#link !== link) this.#drop();
    this.#attempt += 1;
    const attempt = this.#attempt;
    await this.open();
    if (this.isDisposed || attempt !== this.#attempt) throw closedMeanwhile(this.spec.spec);
    this.#link = link;
    this.show('up', this.#listener.value?.address ?? null, null);
    this.#parking.admitAll();
  }

  detach(): void {
    this.#attempt += 1;
    this.#drop();
    if (this.options.parkMs > 0) {
      if (this.#listener.value !== null) this.show('listening', this.#listener.value.address);
      // They came after the link died and before we were told.
      if (this.parked > 0) this.knock.fire();
    } else {
      this.#mayListen = false;
      this.#listener.clear();
      this.#resetEarly();
      this.releaseParked();
      if (!this.isDisposed && this.spec.enabled) this.show('waiting', null);
    }
  }

  holdParked(held: boolean): void {
    this.#parking.hold(held);
  }

  releaseParked(): void {
    this.#parking.releaseAll();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.#drop();
    this.#listener.dispose();
    this.#resetEarly();
    for (const [socket, timer] of this.#leaving) {
      timer.dispose();
      socket.destroy();
    }
    this.#parking.dispose();
    this.disposeBase();
  }

  override connections(): readonly ForwardClient[] {
    const waiting = this.#parking
      .list()
      .map(({ socket, sinceAtMs }) => ({ ...peerOf(socket), sinceAtMs, bytesIn: 0, bytesOut: 0, isParked: true }));
    return [...super.connections(), ...waiting];
  }

  async #bind(): Promise<void> {
    try {
      const { tunnel, registry } = this.options;
      const listener = await bindListener(this.spec.listen, {
        where: this.spec.spec,
        tunnel,
        registry,
        unlink: this.spec.unlink,
        onConnect: (socket) => void this.#serve(socket),
        onAcceptError: (error) => this.logRarely('bind-failed', `A client could not be taken: ${error.message}.`),
      });
      if (this.isDisposed || !this.#mayListen) {
        listener.dispose();
        throw closedMeanwhile(this.spec.spec);
      }
      this.#listener.value = listener;
      this.show('listening', listener.address, null);
    } catch (thrown) {
      const error = asHoldfastError(thrown, this.spec.spec);
      if (!this.isDisposed && this.#mayListen) this.showBindError(error);
      throw error;
    }
  }

  /** The link is gone. Clients whose channel was not open yet have lost nothing: they wait for the next link. */
  #drop(): void {
    if (this.#link === null) return;
    this.#link = null;
    this.resetLive();
    for (const abort of this.#early.values()) abort.abort(linkGone(this.spec.spec));
  }

  #resetEarly(): void {
    for (const socket of [...this.#early.keys()]) resetSocket(socket);
  }

  /** One client from accept to pump. Never rejects. */
  async #serve(socket: Socket): Promise<void> {
    socket.on('error', ignoreError);
    if (!this.enter()) {
      resetSocket(socket);
      return;
    }
    const onClose = (): void => this.#early.get(socket)?.abort(clientGone(this.spec.spec));
    socket.on('close', onClose);
    this.#early.set(socket, new AbortController());
    let joined: SshChannel | null = null;
    try {
      joined = await this.#reach(socket);
    } catch (thrown) {
      this.clientFailed(thrown);
      resetSocket(socket);
    }
    socket.removeListener('close', onClose);
    this.#early.delete(socket);
    this.leave();
    if (joined !== null) this.join(socket, joined);
    else if (this.#early.size === 0) this.changed();
  }

  /** The client's open channel; null if the client was dealt with. */
  async #reach(socket: Socket): Promise<SshChannel | null> {
    let request: ProxyRequest | null = null;
    if (this.spec.kind === 'dynamic') {
      const end = await negotiateProxy(socket, this.options.clock);
      if (end.kind !== 'request') {
        if (end.kind === 'refused')
          this.options.log.debug(`a proxy client was refused: ${end.reason}`, { forward: this.spec.spec });
        this.#sayGoodbye(socket);
        return null;
      }
      request = end.request;
    }
    const target: Endpoint =
      this.spec.kind === 'local'
        ? this.spec.target
        : { kind: 'tcp', host: request?.host ?? '', port: request?.port ?? 0 };
    for (;;) {
      const link = await this.#usableLink(socket);
      if (link === null) return null;
      const abort = new AbortController();
      this.#early.set(socket, abort);
      if (socket.destroyed) return null;
      const origin = { host: socket.remoteAddress ?? '127.0.0.1', port: socket.remotePort ?? 0 };
      try {
        const channel = await link.open(target, origin, abort.signal);
        if (socket.destroyed || this.#link !== link) {
          channel.dispose();
          if (socket.destroyed) return null;
          continue;
        }
        if (request !== null) socket.write(proxyReply(request.dialect, 'connected'));
        return channel;
      } catch (thrown) {
        if (socket.destroyed) return null;
        if (this.#link !== link || link.isClosed) continue;
        const error = this.clientFailed(thrown);
        if (request !== null) socket.write(proxyReply(request.dialect, outcomeOf(error)));
        this.#sayGoodbye(socket);
        return null;
      }
    }
  }

  /** Waits for a live link; null when the client is given up (and reset). */
  async #usableLink(socket: Socket): Promise<SshLink | null> {
    while (this.#link === null || this.#link.isClosed) {
      const waiting = this.#parking.wait(socket);
      if (this.#link === null) this.knock.fire();
      const end = await waiting;
      if (end === 'admitted') continue;
      if (end === 'full') this.logRarely('link-lost', 'A client was turned away: too many wait for the connection.');
      resetSocket(socket);
      return null;
    }
    return this.#link;
  }

  /** Ends a client cleanly, as OpenSSH does when a channel does not open: what was written arrives, then an end of file. */
  #sayGoodbye(socket: Socket): void {
    if (socket.destroyed) return;
    const timer = this.options.clock.schedule(goodbyeMs, () => socket.destroy());
    this.#leaving.set(socket, timer);
    socket.on('close', () => {
      timer.dispose();
      this.#leaving.delete(socket);
    });
    socket.resume();
    socket.end();
  }
}

function linkGone(where: string): HoldfastError {
  return new HoldfastError({
    code: 'link-lost',
    where,
    message: 'The connection went away while a channel was opened.',
    next: 'Holdfast connects again by itself.',
  });
}

function clientGone(where: string): HoldfastError {
  return new HoldfastError({
    code: 'closed-early',
    where,
    message: 'The local program hung up before it was connected.',
    next: 'Nothing needs to be done.',
  });
}

function closedMeanwhile(where: string): HoldfastError {
  return new HoldfastError({
    code: 'link-lost',
    where,
    message: 'The forward was closed while it was being opened.',
    next: 'Nothing needs to be done.',
  });
}
