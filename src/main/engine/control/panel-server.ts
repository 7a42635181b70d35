import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ContractApi } from '../../../shared/contract/calls.ts';
import { type EngineEvent, eventSchema } from '../../../shared/contract/events.ts';
import { maxRequestBytes } from '../../../shared/contract/frames.ts';
import { pagePolicy } from '../../../shared/contract/page-policy.ts';
import { engine } from '../../../shared/i18n/sentences/engine.ts';
import { asHoldfastError, HoldfastError } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import type { Event } from '../lifecycle/emitter.ts';
import { createHttpServer } from '../lifecycle/socket-server.ts';
import type { Log } from '../log/log.ts';
import { RareLines, strangersEveryMs } from '../log/rare-lines.ts';
import type { PanelFile } from './panel-files.ts';
import { PanelConnections } from './panel-connections.ts';
import { PanelEntrance } from './panel-entrance.ts';
import { PanelSecrets, type PanelShare } from './panel-secrets.ts';
import { PanelSession } from './panel-session.ts';

export interface PanelServerDeps {
  readonly api: ContractApi;
  readonly events: Event<EngineEvent>;
  readonly files: ReadonlyMap<string, PanelFile>;
  readonly log: Log;
  readonly clock: Clock;
}

/** At once; a browser opens one for each page. */
const maxPages = 64;
/** Pages at once that have not proved themselves; the oldest goes, so that strangers cannot hold all places. */
const maxStrangers = 32;
const maxHeaderBytes = 16 * 1024;
/** Chromium takes a message of 256 KiB apart into eight parts at most, as far as we saw; each part may hold 64 KiB of what it came in. */
const maxFragments = 64;
/** Pieces of the network that one frame may come in: 256 KiB in the smallest packets are 490. */
const maxBufferedChunks = 1024;

/**
 * The window's pages in a browser on this machine. Listens on 127.0.0.1 alone. The pages are files of the package and served to whoever asks; what
 * they show comes over the WebSocket, after page and server have proved to each other that they know a link's or a session's secret. No cookie,
 * no token in any request. Every request names our own address (no DNS rebinding), a WebSocket also our own origin. No CORS, strict CSP.
 */
export class PanelServer implements Disposable {
  readonly #deps: PanelServerDeps;
  readonly #store = new DisposableStore();
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxRequestBytes,
    maxFragments,
    maxBufferedChunks,
    perMessageDeflate: false,
  });
  readonly #pages = new Set<PanelSession>();
  readonly #strangers = new Set<PanelEntrance>();
  readonly #secrets: PanelSecrets;
  readonly #connections: PanelConnections;
  readonly #rareLines: RareLines;
  /**
   * The folder that the pages are served in, another one for each engine. Whoever had the port before may have left files in the browser's cache; none
   * of them is at an address of ours.
   */
  readonly #folder = `/${randomBytes(16).toString('hex')}/`;
  #port = 0;

  constructor(deps: PanelServerDeps) {
    this.#deps = { ...deps, log: deps.log.child({ part: 'panel' }) };
    this.#rareLines = new RareLines({ log: this.#deps.log, clock: deps.clock, everyMs: strangersEveryMs });
    this.#secrets = this.#store.add(new PanelSecrets(deps.clock));
    this.#server = createHttpServer(
      { maxHeaderSize: maxHeaderBytes, requestTimeout: 30_000 },
      (request, response) => this.#serve(request, response),
      (error) => this.#rareLines.error('fault', 'The panel has a fault', { error }),
    );
    this.#connections = this.#store.add(new PanelConnections(deps.clock));
    this.#server.on('connection', (socket) => this.#connections.take(socket));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
    this.#store.defer(() => {
      this.#server.close();
      this.#server.closeAllConnections();
    });
    this.#store.defer(() => {
      for (const page of [...this.#strangers, ...this.#pages]) page.dispose();
      this.#sockets.close();
    });
  }

  get port(): number {
    return this.#port;
  }

  /** Binds 127.0.0.1; port 0 takes a free one. Rejects with `port-in-use`. */
  async start(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(bindFailure(error, port)));
      this.#server.listen({ host: '127.0.0.1', port }, () => resolve());
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#store.add(this.#deps.events((event) => this.#broadcast(event)));
    this.#deps.log.info('The panel answers', { port: this.#port });
  }

  /**
   * A link that opens the panel once, within `linkLifeMs`. Browsers send no fragment to anybody. Rejects with `usage` if a port is asked for that the panel
   * is not at; 0 is any.
   */
  async link(port = 0): Promise<string> {
    if (port !== 0 && port !== this.#port) throw elsewhere(this.#port, port);
    return `${this.#origin}${this.#folder}#link=${await this.#secrets.newLink()}`;
  }

  dispose(): void {
    this.#store.dispose();
  }

  get #host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get #origin(): string {
    return `http://${this.#host}`;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    secure(response, this.#host);
    const host = request.headers.host ?? '';
    const isByName = host === `localhost:${this.#port}`;
    if (host !== this.#host && !isByName) return refuse(response, 403, 'This panel answers only to its own address.');
    if (request.headers.origin !== undefined && request.headers.origin !== this.#origin)
      return refuse(response, 403, 'Another site asked for this.');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, 405, 'The panel is read with GET.');
    // Not by `new URL`, which throws at targets like `//`, and takes another host out of `//host/` and `http://host/`.
    const [path = ''] = (request.url ?? '/').split('?', 1);
    // `localhost` may lead to [::1] too, where anybody can listen: the pages live at the address that is ours. Browsers take the fragment along.
    if (path === '/' || isByName) return lead(response, `${this.#origin}${this.#folder}`);
    const file = path.startsWith(this.#folder) ? this.#deps.files.get(path.slice(this.#folder.length - 1)) : undefined;
    if (!file)
      return refuse(
        response,
        404,
        'There is nothing at this address. Open the panel with a fresh link: holdfast panel',
      );
    response.writeHead(200, { 'content-type': file.type, 'content-length': file.body.length });
    response.end(request.method === 'HEAD' ? undefined : file.body);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = (request.url ?? '').split('?')[0];
    const allowed = path === '/ws' && request.headers.host === this.#host && request.headers.origin === this.#origin;
    if (!allowed || this.#pages.size >= maxPages) {
      socket.once('finish', () => socket.destroy());
      socket.end(
        `HTTP/1.1 ${allowed ? '503 Service Unavailable' : '403 Forbidden'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      this.#connections.part(socket);
      return;
    }
    let isMet = false;
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      isMet = true;
      this.#meet(webSocket, socket);
    });
    if (!isMet) this.#connections.part(socket);
  }

  #meet(webSocket: WebSocket, socket: Duplex): void {
    const { clock, log } = this.#deps;
    if (this.#strangers.size >= maxStrangers) [...this.#strangers][0]?.dispose();
    const stranger: PanelEntrance = new PanelEntrance({
      webSocket,
      socket,
      place: this.#origin,
      secrets: this.#secrets,
      clock,
      log,
      rareLines: this.#rareLines,
      onEnter: (known, share) => this.#welcome(known, socket, share),
      onEnd: () => this.#strangers.delete(stranger),
    });
    this.#strangers.add(stranger);
  }

  #welcome(webSocket: WebSocket, socket: Duplex, share: PanelShare): void {
    this.#connections.release(socket);
    const page: PanelSession = new PanelSession({
      webSocket,
      socket,
      api: this.#deps.api,
      clock: this.#deps.clock,
      log: this.#deps.log,
      onFirstWord: () => share.confirm(),
      onEnd: () => {
        this.#pages.delete(page);
        share.dispose();
      },
    });
    this.#pages.add(page);
  }

  #broadcast(event: EngineEvent): void {
    const listeners = [...this.#pages].filter((page) => page.wants(event));
    if (listeners.length === 0) return;
    const checked = eventSchema.safeParse(event);
    if (!checked.success) {
      this.#deps.log.error('An event does not fit the contract and was not sent', { event: event.kind });
      return;
    }
    const text = JSON.stringify({ event: checked.data });
    for (const page of listeners) page.sendEvent(text);
  }
}

/** Nothing is loaded from elsewhere, nothing inline runs, nobody frames the panel. */
function secure(response: ServerResponse, host: string): void {
  response.setHeader('content-security-policy', pagePolicy(["'self'", `ws://${host}`]));
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('cache-control', 'no-store');
  // The name in a link would tell a resolver what is on the page.
  response.setHeader('x-dns-prefetch-control', 'off');
}

function lead(response: ServerResponse, to: string): void {
  response.writeHead(307, { location: to });
  response.end();
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

function elsewhere(port: number, asked: number): HoldfastError {
  return new HoldfastError({
    code: 'usage',
    where: `panel 127.0.0.1:${asked}`,
    message: engine.panelElsewhere({ port, asked }),
    next: engine.takePanelThere(),
  });
}

function bindFailure(error: NodeJS.ErrnoException, port: number): HoldfastError {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return asHoldfastError(error, 'panel');
  return new HoldfastError({
    code: error.code === 'EADDRINUSE' ? 'port-in-use' : 'port-forbidden',
    where: `panel 127.0.0.1:${port}`,
    message: error.code === 'EADDRINUSE' ? engine.panelPortTaken({ port }) : engine.panelPortForbidden({ port }),
    next: engine.otherPanelPort(),
    cause: error,
  });
}
