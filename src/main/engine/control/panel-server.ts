import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { ContractApi } from '../../../shared/contract/calls.ts';
import { type EngineEvent, eventSchema } from '../../../shared/contract/events.ts';
import { maxRequestBytes } from '../../../shared/contract/frames.ts';
import { pagePolicy } from '../../../shared/contract/page-policy.ts';
import { asHoldfastError, HoldfastError } from '../../../shared/model/failure.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import type { Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/log.ts';
import type { PanelFile } from './panel-files.ts';
import { PanelSession } from './panel-session.ts';

export interface PanelServerDeps {
  readonly api: ContractApi;
  readonly events: Event<EngineEvent>;
  readonly files: ReadonlyMap<string, PanelFile>;
  readonly log: Log;
}

/** At once; a browser opens one for each page. */
const maxPages = 64;
const cookieName = 'holdfast-panel';
const maxHeaderBytes = 16 * 1024;

/**
 * The window's pages in a browser on this machine. Listens on 127.0.0.1 alone. A one-time link trades its token for a session cookie
 * (HttpOnly, SameSite=Strict); without it nothing but a plain refusal is served. Every request names one of our own hosts (no DNS rebinding),
 * a WebSocket also our own origin. No CORS, strict CSP.
 */
export class PanelServer implements Disposable {
  readonly #deps: PanelServerDeps;
  readonly #store = new DisposableStore();
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: maxRequestBytes, perMessageDeflate: false });
  readonly #pages = new Set<PanelSession>();
  /** Hashes of tokens not yet used, and of sessions: the values themselves are only with the browser. */
  readonly #tokens = new Set<string>();
  readonly #sessions = new Set<string>();
  #port = 0;

  constructor(deps: PanelServerDeps) {
    this.#deps = { ...deps, log: deps.log.child({ part: 'panel' }) };
    this.#server = createServer({ maxHeaderSize: maxHeaderBytes, requestTimeout: 30_000 }, (request, response) =>
      this.#serve(request, response),
    );
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
    this.#store.defer(() => {
      this.#server.close();
      this.#server.closeAllConnections();
    });
    this.#store.defer(() => {
      for (const page of [...this.#pages]) page.dispose();
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

  /** A link that opens the panel once. */
  link(): string {
    const token = randomBytes(32).toString('base64url');
    this.#tokens.add(digest(token));
    return `http://127.0.0.1:${this.#port}/open?token=${token}`;
  }

  dispose(): void {
    this.#store.dispose();
  }

  #hosts(): readonly string[] {
    return ['127.0.0.1', 'localhost'].map((name) => `${name}:${this.#port}`);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    secure(response, this.#port);
    const host = request.headers.host ?? '';
    if (!this.#hosts().includes(host)) return refuse(response, 403, 'This panel answers only to its own address.');
    if (request.headers.origin !== undefined && request.headers.origin !== `http://${host}`)
      return refuse(response, 403, 'Another site asked for this.');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, 405, 'The panel is read with GET.');
    // Not by `new URL`, which throws at targets like `//`, and takes another host out of `//host/` and `http://host/`.
    const [path = '', query = ''] = (request.url ?? '/').split('?', 2);
    if (path === '/open') return this.#open(new URLSearchParams(query).get('token') ?? '', response);
    if (!this.#isKnown(request)) return refuse(response, 401, 'Open the panel with a fresh link: holdfast panel');
    const file = this.#deps.files.get(path);
    if (!file) return refuse(response, 404, 'There is nothing at this address.');
    response.writeHead(200, { 'content-type': file.type, 'content-length': file.body.length });
    response.end(request.method === 'HEAD' ? undefined : file.body);
  }

  #open(token: string, response: ServerResponse): void {
    if (!this.#tokens.delete(digest(token)))
      return refuse(response, 401, 'This link was used before, or is not ours. Make a fresh one with: holdfast panel');
    const session = randomBytes(32).toString('base64url');
    this.#sessions.add(digest(session));
    response.writeHead(303, {
      location: '/',
      'set-cookie': `${cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`,
    });
    response.end();
  }

  #isKnown(request: IncomingMessage): boolean {
    const given = (request.headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .find((pair) => pair.startsWith(`${cookieName}=`))
      ?.slice(cookieName.length + 1);
    if (!given) return false;
    const hash = Buffer.from(digest(given));
    return [...this.#sessions].some((session) => timingSafeEqual(Buffer.from(session), hash));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const host = request.headers.host ?? '';
    const path = (request.url ?? '').split('?')[0];
    const allowed =
      path === '/ws' &&
      this.#hosts().includes(host) &&
      request.headers.origin === `http://${host}` &&
      this.#isKnown(request);
    if (!allowed || this.#pages.size >= maxPages) {
      socket.end(
        `HTTP/1.1 ${allowed ? '503 Service Unavailable' : '403 Forbidden'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const page: PanelSession = new PanelSession({
        webSocket,
        api: this.#deps.api,
        log: this.#deps.log,
        onEnd: () => {
          this.#pages.delete(page);
        },
      });
      this.#pages.add(page);
    });
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

function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

/** Nothing is loaded from elsewhere, nothing inline runs, nobody frames the panel. */
function secure(response: ServerResponse, port: number): void {
  const sockets = ['127.0.0.1', 'localhost'].map((name) => `ws://${name}:${port}`);
  response.setHeader('content-security-policy', pagePolicy(["'self'", ...sockets]));
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('cache-control', 'no-store');
  // The name in a link would tell a resolver what is on the page.
  response.setHeader('x-dns-prefetch-control', 'off');
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

function bindFailure(error: NodeJS.ErrnoException, port: number): HoldfastError {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return asHoldfastError(error, 'panel');
  return new HoldfastError({
    code: error.code === 'EADDRINUSE' ? 'port-in-use' : 'port-forbidden',
    where: `panel 127.0.0.1:${port}`,
    message: `Port ${port} here is ${error.code === 'EADDRINUSE' ? 'taken' : 'not allowed'}, so the panel cannot use it.`,
    next: 'Name another one with --panel-port, or leave it out for a free one.',
    cause: error,
  });
}
