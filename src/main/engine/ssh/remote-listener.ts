import type { Client, Channel, TcpConnectionDetails, UNIXConnectionDetails } from 'ssh2';
import { addressText } from './failure-base.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { IncomingChannel, RemoteListener, SshChannel } from './link.ts';
import type { Ssh2Seam } from './ssh2-seam.ts';

/** Clients that may wait for somebody to listen. */
const maxWaiting = 64;

export type RemoteAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface RemoteListenersOptions {
  readonly client: Client;
  readonly seam: Ssh2Seam;
  /** Takes an accepted channel into the link's care. */
  readonly adopt: (channel: Channel) => SshChannel;
  /** False: the link has no room for another channel. */
  readonly hasRoom: () => boolean;
}

/**
 * The remote forwards of one link. ssh2 has one event for all of them and knows a forward only by the exact text of its address; servers may
 * write it another way, so routing is done here: by address and port, else by port where that is unambiguous.
 */
export class RemoteListeners {
  readonly #options: RemoteListenersOptions;
  readonly #tcp = new Set<Listener>();
  readonly #unix = new Map<string, Listener>();
  #pending = 0;

  constructor(options: RemoteListenersOptions) {
    this.#options = options;
    const { client, seam } = options;
    const { handlers } = seam;
    const { CHANNEL_OPEN } = handlers;
    handlers.CHANNEL_OPEN = (protocol, info) => {
      const { data } = info;
      if (info.type === 'forwarded-tcpip' && data.destIP !== undefined && data.destPort !== undefined)
        data.destIP = this.#spelling(data.destIP, data.destPort);
      CHANNEL_OPEN(protocol, info);
    };
    client.on('tcp connection', (details: TcpConnectionDetails, accept, reject) => {
      const to = [...this.#tcp].find(
        (listener) => listener.port === details.destPort && listener.address === details.destIP,
      );
      this.#deliver(to, details.srcIP, details.srcPort, accept, reject);
    });
    client.on('unix connection', (details: UNIXConnectionDetails, accept, reject) => {
      this.#deliver(this.#unix.get(details.socketPath), '', 0, accept, reject);
    });
  }

  /** Clients of the server that were neither accepted nor refused yet. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Asks the server to listen. Rejects with ssh2's error; whoever calls turns it into ours. Clients that come before anybody listens to
   * `onDidConnect` wait for that.
   */
  listen(at: RemoteAddress): Promise<RemoteListener> {
    const { client } = this.#options;
    return new Promise((resolve, reject) => {
      if (at.kind === 'unix') {
        client.openssh_forwardInStreamLocal(at.path, (error?: Error | null) => {
          if (error) {
            reject(error);
            return;
          }
          const listener = new Listener(at.path, null, () => {
            this.#unix.delete(at.path);
            ignoreClosed(() => client.openssh_unforwardInStreamLocal(at.path, () => {}));
          });
          this.#unix.set(at.path, listener);
          resolve(listener);
        });
        return;
      }
      client.forwardIn(at.host, at.port, (error: Error | undefined, port: number) => {
        if (error) {
          reject(error);
          return;
        }
        // Known in this very turn: the first client may be in the same packet.
        const bound = at.port === 0 ? port : at.port;
        const listener = new Listener(at.host, bound, () => {
          this.#tcp.delete(listener);
          ignoreClosed(() => client.unforwardIn(at.host, bound, () => {}));
        });
        this.#tcp.add(listener);
        resolve(listener);
      });
    });
  }

  /** The link is gone: nothing is to be cancelled any more. */
  dispose(): void {
    for (const listener of [...this.#tcp, ...this.#unix.values()]) listener.drop();
    this.#tcp.clear();
    this.#unix.clear();
  }

  /** The address as we wrote it, if the port tells which of our forwards is meant. */
  #spelling(address: string, port: number): string {
    if (this.#options.seam.knowsForward(address, port)) return address;
    const samePort = [...this.#tcp].filter((listener) => listener.port === port);
    const only = samePort.length === 1 ? samePort[0] : undefined;
    return only?.address ?? address;
  }

  #deliver(
    listener: Listener | undefined,
    originHost: string,
    originPort: number,
    accept: () => Channel,
    reject: () => void,
  ): void {
    if (!listener || !this.#options.hasRoom()) {
      reject();
      return;
    }
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
      this.#pending -= 1;
    };
    this.#pending += 1;
    listener.deliver({
      originHost,
      originPort,
      accept: () => {
        if (isSettled) throw new Error(`the client ${addressText(originHost, originPort)} was dealt with before`);
        settle();
        return this.#options.adopt(accept());
      },
      reject: () => {
        if (isSettled) return;
        settle();
        ignoreClosed(reject);
      },
    });
  }
}

class Listener implements RemoteListener {
  readonly address: string;
  readonly port: number | null;
  readonly #onDidConnect = new Emitter<IncomingChannel>();
  readonly #cancel: () => void;
  #waiting: IncomingChannel[] = [];
  #isOver = false;

  constructor(address: string, port: number | null, cancel: () => void) {
    this.address = address;
    this.port = port;
    this.#cancel = cancel;
  }

  readonly onDidConnect: Event<IncomingChannel> = (listener) => {
    const subscription = this.#onDidConnect.event(listener);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const incoming of waiting) this.#onDidConnect.fire(incoming);
    return subscription;
  };

  deliver(incoming: IncomingChannel): void {
    if (this.#isOver) incoming.reject();
    else if (this.#onDidConnect.hasListeners) this.#onDidConnect.fire(incoming);
    else if (this.#waiting.length < maxWaiting) this.#waiting.push(incoming);
    else incoming.reject();
  }

  /** Ends it without a word to the server. */
  drop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const incoming of this.#waiting) incoming.reject();
    this.#waiting = [];
    this.#onDidConnect.dispose();
  }

  dispose(): void {
    if (this.#isOver) return;
    this.drop();
    this.#cancel();
  }
}

/** ssh2 throws "Not connected" when the link is gone: then there is nothing to cancel or to refuse. */
function ignoreClosed(action: () => void): void {
  try {
    action();
  } catch {
    // See above.
  }
}
