import { server } from '../../../shared/i18n/sentences/server.ts';
import type { Channel, ClientChannel } from 'ssh2';
import type { HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Endpoint } from '../../../shared/model/forward-spec.ts';
import { wait, type Clock } from '../lifecycle/clock.ts';
import { DisposableStore } from '../lifecycle/disposable.ts';
import { Emitter, once } from '../lifecycle/emitter.ts';
import { guardChannels } from './channel-guard.ts';
import { onAbort, reasonOf } from './dial.ts';
import type { ExecResult, LinkInfo, RemoteListener, SshChannel, SshLink } from './link.ts';
import { OneShot } from './one-shot.ts';
import { type RemoteAddress, RemoteListeners } from './remote-listener.ts';
import { RekeyTrigger } from './rekey.ts';
import { SignOfLife } from './sign-of-life.ts';
import { channelOpenFailure, linkGone, remoteListenFailure } from './channel-failure.ts';
import { endpointText } from './failure-base.ts';
import { brokenProtocol, linkDead } from './ssh-failure.ts';
import { Ssh2Channel } from './ssh2-channel.ts';
import { collectOutput, execTimeout } from './ssh2-exec.ts';
import type { Ssh2Session } from './ssh2-session.ts';
import { Watchdog } from './watchdog.ts';

/** How long an open waits for a free channel before it fails. */
const roomWaitMs = 5000;

/** An authenticated ssh2 session as a link. */
export class Ssh2Link implements SshLink {
  readonly info: LinkInfo;
  readonly onDidClose;
  readonly #onDidClose = new OneShot<HoldfastError | null>();
  readonly #onDidFree = new Emitter<void>();
  readonly #host: HostConfig;
  readonly #clock: Clock;
  readonly #session: Ssh2Session;
  readonly #store = new DisposableStore();
  readonly #open = new Map<number, Ssh2Channel>();
  readonly #failOpens = new Set<(error: HoldfastError) => void>();
  readonly #listeners: RemoteListeners;
  readonly #life: SignOfLife;
  readonly #watchdog: Watchdog;
  readonly #heldWrites: (() => void)[] = [];
  /** Opens that the server has not answered yet. */
  #opening = 0;
  #isClosed = false;

  constructor(host: HostConfig, session: Ssh2Session, info: LinkInfo, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
    this.#session = session;
    this.info = info;
    this.onDidClose = this.#onDidClose.event;
    const { wire, seam, client } = session;
    guardChannels({
      seam,
      isClosed: () => this.#isClosed,
      onServerClose: (id, hadEof) => this.#open.get(id)?.onServerClose(hadEof),
      onOverrun: () => session.fail(brokenProtocol(host, 'open', server.overran())),
    });
    this.#listeners = new RemoteListeners({
      client,
      seam,
      adopt: (channel) => this.#adopt(channel),
      hasRoom: () => this.#hasRoom,
    });
    this.#life = this.#store.add(
      new SignOfLife({
        clock,
        keepalive: (answered) => seam.ping(answered),
        open: (answered) => seam.pingByOpen(answered),
        lastInboundAtMs: () => wire.lastInboundAtMs,
      }),
    );
    this.#watchdog = this.#store.add(
      new Watchdog({
        clock,
        intervalMs: host.aliveIntervalMs,
        countMax: host.aliveCountMax,
        lastInboundAtMs: () => wire.lastInboundAtMs,
        probe: (answered) => void this.#life.ask(answered),
        isSilenceProof: () => this.#life.isSilenceProof,
        onDead: (silentMs) => session.fail(linkDead(host, silentMs)),
      }),
    );
    const rekey = this.#store.add(
      new RekeyTrigger({
        clock,
        limitBytes: host.rekeyBytes,
        limitMs: host.rekeyIntervalMs,
        answerMs: Math.max(host.connectTimeoutMs, 15_000),
        transferred: () => wire.bytesIn + wire.bytesOut,
        isExchanging: () => seam.isExchangingKeys,
        start: () => seam.rekey(),
        onStalled: () => session.fail(linkDead(host, clock.now() - wire.lastInboundAtMs)),
      }),
    );
    this.#store.add(session.onDidTransfer(() => rekey.onTransfer()));
    this.#store.add(session.onDidServerRekey(() => rekey.onServerBegan()));
    this.#store.add(session.onDidRekey(() => rekey.onRekeyed()));
    this.#store.add(session.onDidDrain(() => this.#writeHeld()));
    this.#store.add(session.onDidEnd((error) => this.#onEnd(error)));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get channels(): number {
    return this.#open.size;
  }

  get bytesIn(): number {
    return this.#session.wire.bytesIn;
  }

  get bytesOut(): number {
    return this.#session.wire.bytesOut;
  }

  open(
    target: Endpoint,
    origin: { readonly host: string; readonly port: number } = { host: '127.0.0.1', port: 0 },
    signal?: AbortSignal,
  ): Promise<SshChannel> {
    const { client } = this.#session;
    return this.#openChannel(
      target,
      (callback) => {
        if (target.kind === 'unix') client.openssh_forwardOutStreamLocal(target.path, callback);
        else client.forwardOut(origin.host, origin.port, target.host, target.port, callback);
      },
      signal,
    );
  }

  async listenRemote(at: RemoteAddress): Promise<RemoteListener> {
    if (this.#isClosed) throw linkGone(this.#host);
    await this.#life.settled();
    if (this.#isClosed) throw linkGone(this.#host);
    const listener = await this.#whileOpen<RemoteListener>((resolve, reject) => {
      this.#listeners.listen(at).then(resolve, () => reject(remoteListenFailure(this.#host, at)));
    });
    return listener;
  }

  async exec(command: string, timeoutMs: number): Promise<ExecResult> {
    const { client } = this.#session;
    const giveUp = new AbortController();
    const timer = this.#clock.schedule(timeoutMs, () => giveUp.abort(execTimeout(this.#host, timeoutMs)));
    try {
      const channel = await this.#openChannel(
        'session',
        (callback) => {
          client.exec(command, (error: Error | undefined, stream: ClientChannel) => callback(error, stream));
        },
        giveUp.signal,
      );
      return await collectOutput(this.#host, channel, giveUp.signal);
    } finally {
      timer.dispose();
    }
  }

  ping(timeoutMs: number): Promise<number | null> {
    if (this.#isClosed) return Promise.reject(linkGone(this.#host));
    const startedAtMs = this.#clock.now();
    return this.#whileOpen<number | null>((resolve, reject, store) => {
      store.add(
        this.#clock.schedule(timeoutMs, () => {
          if (this.#life.isMute) resolve(null);
          else reject(linkDead(this.#host, timeoutMs));
        }),
      );
      store.add(this.#life.ask(() => resolve(this.#clock.now() - startedAtMs), timeoutMs / 3));
    });
  }

  verifySoon(withinMs: number): void {
    if (!this.#isClosed) this.#watchdog.verifySoon(withinMs);
  }

  dispose(): void {
    this.#session.dispose();
  }

  /** A promise that rejects when the link ends first. */
  #whileOpen<T>(
    start: (resolve: (value: T) => void, reject: (error: HoldfastError) => void, store: DisposableStore) => void,
  ): Promise<T> {
    const store = new DisposableStore();
    return new Promise<T>((resolve, reject) => {
      const fail = (error: HoldfastError): void => reject(error);
      this.#failOpens.add(fail);
      store.defer(() => this.#failOpens.delete(fail));
      try {
        start(resolve, fail, store);
      } catch {
        // ssh2 throws "Not connected" when its socket is gone.
        reject(linkGone(this.#host));
      }
    }).finally(() => store.dispose());
  }

  async #openChannel(
    target: Endpoint | 'session',
    start: (callback: (error: Error | undefined, channel: Channel) => void) => void,
    signal?: AbortSignal,
  ): Promise<Ssh2Channel> {
    if (signal?.aborted) throw reasonOf(signal);
    if (this.#isClosed) throw linkGone(this.#host);
    if (!this.#hasRoom) await this.#waitForRoom(target, signal);
    this.#opening += 1;
    let isWanted = true;
    let isAnswered = false;
    try {
      return await this.#whileOpen<Ssh2Channel>((resolve, reject, store) => {
        if (signal) store.add(onAbort(signal, () => reject(asError(this.#host, target, reasonOf(signal)))));
        start((error, channel) => {
          isAnswered = true;
          if (!isWanted) this.#opening -= 1;
          if (error) {
            reject(
              this.#isClosed
                ? linkGone(this.#host)
                : channelOpenFailure(this.#host, target, error, this.#session.redact),
            );
            return;
          }
          const adopted = this.#adopt(channel);
          // Nobody waits for it any more: it must not stay open.
          if (isWanted) resolve(adopted);
          else adopted.dispose();
        });
      });
    } finally {
      isWanted = false;
      // An open given up still takes a place until the server answers it.
      if (isAnswered || this.#isClosed) this.#opening -= 1;
      this.#onDidFree.fire();
    }
  }

  get #hasRoom(): boolean {
    return this.#open.size + this.#opening + this.#listeners.pending < this.#host.maxChannels;
  }

  /** Waits for a channel to be closed; fails with `forward-denied` after some seconds. */
  async #waitForRoom(target: Endpoint | 'session', signal?: AbortSignal): Promise<void> {
    const giveUp = new AbortController();
    const store = new DisposableStore();
    if (signal) store.add(onAbort(signal, () => giveUp.abort(reasonOf(signal))));
    store.add(this.#onDidClose.event(() => giveUp.abort(linkGone(this.#host))));
    const timeout = wait(this.#clock, roomWaitMs, giveUp.signal);
    timeout.catch(() => {});
    try {
      while (!this.#hasRoom) {
        const isTimeOver = await Promise.race([
          once(this.#onDidFree.event, giveUp.signal).then(() => false),
          timeout.then(() => true),
        ]);
        if (isTimeOver && !this.#hasRoom) throw this.#noRoom(target);
      }
    } finally {
      giveUp.abort(linkGone(this.#host));
      store.dispose();
    }
    if (this.#isClosed) throw linkGone(this.#host);
  }

  #noRoom(target: Endpoint | 'session'): HoldfastError {
    return new HoldfastError({
      code: 'forward-denied',
      where: target === 'session' ? this.#host.name : endpointText(target),
      message: `All ${this.#host.maxChannels} channels of the link to ${this.#host.name} are in use.`,
      next: 'Close connections that go through it, or raise max-channels of this host.',
      phase: 'forwards',
      hop: this.#host.name,
    });
  }

  #adopt(stream: Channel): Ssh2Channel {
    const channel: Ssh2Channel = new Ssh2Channel(stream, { pass: (write) => this.#pass(write) }, () => {
      this.#open.delete(channel.id);
      this.#onDidFree.fire();
    });
    this.#open.set(channel.id, channel);
    return channel;
  }

  /** Lets a channel write now, or when the socket took what waits and no key exchange is under way. */
  #pass(write: () => void): void {
    if (this.#mustHold || this.#heldWrites.length > 0) this.#heldWrites.push(write);
    else write();
  }

  get #mustHold(): boolean {
    const { wire, seam } = this.#session;
    return !this.#isClosed && (wire.isCongested || seam.isExchangingKeys);
  }

  #writeHeld(): void {
    while (this.#heldWrites.length > 0 && !this.#mustHold) this.#heldWrites.shift()?.();
  }

  #onEnd(error: HoldfastError | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#store.dispose();
    for (const channel of [...this.#open.values()]) channel.onLinkLost();
    const failure = error ?? linkGone(this.#host);
    for (const fail of [...this.#failOpens]) fail(failure);
    this.#listeners.dispose();
    for (const write of this.#heldWrites.splice(0)) write();
    this.#onDidClose.fire(error);
    this.#onDidFree.dispose();
  }
}

function asError(host: HostConfig, target: Endpoint | 'session', thrown: Error): HoldfastError {
  return thrown instanceof HoldfastError
    ? thrown
    : new HoldfastError({
        code: 'cancelled',
        where: target === 'session' ? host.name : endpointText(target),
        message: 'Nobody wants this connection any more.',
        next: 'Connect again.',
        phase: 'forwards',
        hop: host.name,
      });
}
