import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { asHoldfastError, HoldfastError } from '../../../shared/model/failure.ts';
import type { Endpoint, ForwardSpec, ListenEndpoint } from '../../../shared/model/forward-spec.ts';
import { DisposableStore } from '../lifecycle/disposable.ts';
import { ignoreError } from '../lifecycle/socket-server.ts';
import type { IncomingChannel, RemoteListener, SshChannel, SshLink } from '../ssh/link.ts';
import { hostPortText } from './address-text.ts';
import { dialTarget } from './dial-target.ts';
import { ForwardBase } from './forward-base.ts';
import type { ForwardRunner } from './forward-runner.ts';
import { negotiateProxy, outcomeOf } from './proxy-handshake.ts';
import { proxyReply } from './proxy-dialects.ts';
import { resetSocket } from './reset-socket.ts';

type RemoteSpec = Extract<ForwardSpec, { kind: 'remote' | 'remote-dynamic' }>;

/** A channel that gets no more than a goodbye must take it within this time. */
const goodbyeMs = 2000;

/** Forwards that listen on the server: `remote` and `remote-dynamic`. Clients are connected from this machine. */
export class RemoteRunner extends ForwardBase<RemoteSpec> implements ForwardRunner {
  /** All that belongs to the link attached now. */
  #binding: DisposableStore | null = null;
  #attempt = 0;

  /** The server has no link to park a client on. */
  get parked(): number {
    return 0;
  }

  async open(): Promise<void> {}

  async attach(link: SshLink): Promise<void> {
    this.#unbind();
    this.#attempt += 1;
    const attempt = this.#attempt;
    let listener: RemoteListener;
    try {
      listener = await this.#listen(link);
    } catch (thrown) {
      const error = asHoldfastError(thrown, this.spec.spec);
      if (attempt === this.#attempt && !this.isDisposed) this.showBindError(error);
      throw error;
    }
    if (attempt !== this.#attempt || this.isDisposed) {
      listener.dispose();
      throw new HoldfastError({
        code: 'link-lost',
        where: this.spec.spec,
        message: 'The connection went away while the forward was set up.',
        next: 'Holdfast connects again by itself.',
      });
    }
    const binding = new DisposableStore();
    this.#binding = binding;
    binding.add(listener);
    const abort = new AbortController();
    // One for each client that is being connected, which is no leak.
    setMaxListeners(0, abort.signal);
    binding.defer(() => abort.abort(new Error('the forward was closed')));
    binding.add(listener.onDidConnect((incoming) => void this.#serve(incoming, binding, abort.signal)));
    this.show('up', remoteAddressText(this.spec.listen, listener.port), null);
  }

  detach(): void {
    this.#attempt += 1;
    this.#unbind();
    if (!this.isDisposed && this.spec.enabled) this.show('waiting', null);
  }

  holdParked(): void {}

  releaseParked(): void {}

  dispose(): void {
    if (this.isDisposed) return;
    this.#attempt += 1;
    this.#unbind();
    this.disposeBase();
  }

  #unbind(): void {
    const binding = this.#binding;
    this.#binding = null;
    binding?.dispose();
    this.resetLive();
  }

  /** The first port of the range that the server gives. */
  async #listen(link: SshLink): Promise<RemoteListener> {
    const { listen } = this.spec;
    if (listen.kind === 'unix') return link.listenRemote({ kind: 'unix', path: listen.path });
    let firstError: unknown = null;
    for (let port = listen.port; port <= Math.max(listen.port, listen.lastPort); port += 1) {
      try {
        return await link.listenRemote({ kind: 'tcp', host: bindHost(listen.host), port });
      } catch (error) {
        firstError ??= error;
        const busy = error instanceof HoldfastError && error.code === 'remote-port-refused';
        if (!busy || link.isClosed) break;
      }
    }
    throw firstError;
  }

  /** One client of the server's listener. Never rejects. */
  async #serve(incoming: IncomingChannel, binding: DisposableStore, signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.enter()) {
      incoming.reject();
      return;
    }
    try {
      if (this.spec.kind === 'remote') await this.#serveTarget(incoming, this.spec.target, signal);
      else await this.#serveProxy(incoming.accept(), binding, signal);
    } catch (thrown) {
      if (!signal.aborted) this.clientFailed(thrown);
    } finally {
      this.leave();
    }
  }

  #dial(target: Endpoint, signal: AbortSignal): Promise<Socket> {
    const { clock, registry } = this.options;
    return dialTarget(target, { where: this.spec.spec, clock, signal, own: registry.own });
  }

  /** The channel is accepted only when the target answers: so the client sees a refusal, as without a tunnel. */
  async #serveTarget(incoming: IncomingChannel, target: Endpoint, signal: AbortSignal): Promise<void> {
    let socket: Socket;
    try {
      socket = await this.#dial(target, signal);
    } catch (error) {
      incoming.reject();
      throw error;
    }
    let channel: SshChannel;
    try {
      channel = incoming.accept();
    } catch (error) {
      resetSocket(socket);
      throw error;
    }
    this.join(socket, channel);
  }

  /** SOCKS or HTTP CONNECT spoken with a client on the server's side; its targets are dialled from here. */
  async #serveProxy(channel: SshChannel, binding: DisposableStore, signal: AbortSignal): Promise<void> {
    const { stream } = channel;
    const { clock } = this.options;
    stream.on('error', ignoreError);
    binding.add(channel);
    const gone = new AbortController();
    const subscription = channel.onDidClose(() => gone.abort(new Error('the client is gone')));
    const either = AbortSignal.any([signal, gone.signal]);
    try {
      const end = await negotiateProxy(stream, clock, either);
      if (end.kind !== 'request') {
        if (end.kind === 'refused')
          this.options.log.debug(`a proxy client was refused: ${end.reason}`, { forward: this.spec.spec });
        this.#sayGoodbye(channel, binding);
        return;
      }
      const { request } = end;
      try {
        const target = { kind: 'tcp', host: request.host, port: request.port } as const;
        const socket = await this.#dial(target, either);
        binding.disown(channel);
        stream.write(proxyReply(request.dialect, 'connected'));
        this.join(socket, channel);
      } catch (thrown) {
        if (!either.aborted) {
          const error = this.clientFailed(thrown);
          stream.write(proxyReply(request.dialect, outcomeOf(error)));
        }
        this.#sayGoodbye(channel, binding);
      }
    } finally {
      subscription.dispose();
    }
  }

  /** Lets the last answer out, then closes the channel. */
  #sayGoodbye(channel: SshChannel, binding: DisposableStore): void {
    const { stream } = channel;
    if (channel.isClosed) {
      binding.release(channel);
      return;
    }
    const finish = (): void => {
      binding.release(timer);
      subscription.dispose();
      binding.release(channel);
    };
    const timer = binding.add(this.options.clock.schedule(goodbyeMs, finish));
    const subscription = channel.onDidClose(finish);
    stream.resume();
    endOf(stream, finish);
  }
}

function endOf(stream: Duplex, then: () => void): void {
  stream.once('finish', () => setImmediate(then));
  stream.end();
}

/** The address that the server is asked for (RFC 4254 section 7.1, ssh -R): a bare port is the server's loopback, `*` and empty every interface. */
function bindHost(host: string | null): string {
  if (host === null) return 'localhost';
  return host === '*' ? '' : host;
}

/** What is shown: a bare port as IPv4 loopback, every interface as 0.0.0.0; else the host as configured, for the server does not tell what it bound. */
function remoteAddressText(listen: ListenEndpoint, port: number | null): string {
  if (listen.kind === 'unix') return listen.path;
  const host = bindHost(listen.host);
  const shown = host === 'localhost' ? '127.0.0.1' : host === '' ? '0.0.0.0' : host;
  return hostPortText(shown, port ?? listen.port);
}
