import { calls, contractVersion, type CallInput, type CallName, type CallOutput } from '../shared/contract/calls.ts';
import type { EngineEvent } from '../shared/contract/events.ts';
import { responseFrameSchema } from '../shared/contract/frames.ts';
import { FrameInbox } from '../shared/contract/proof.ts';
import type { CallResult, ConnectionState, Platform, ShellBridge } from '../shared/contract/shell-bridge.ts';
import type { Cause } from '../shared/model/failure.ts';
import { linkSecret, PanelLogin } from './panel-login.ts';

/** Waits between tries to reach the panel's server again. */
const retryDelaysMs = [250, 500, 1000, 2000, 4000];
/** A call may take long (a test of a tunnel asks a person), but not for ever. */
const callTimeoutMs = 10 * 60_000;

/** A server must have proved itself within this time. */
const entranceMs = 10_000;
/** A page that is asked to go is gone within this time, or stays. */
const leavingMs = 5000;

interface OpenCall {
  readonly call: CallName;
  readonly settle: (result: CallResult<unknown>) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

const lostCause: Cause = {
  code: 'no-engine',
  where: 'panel',
  message: 'Holdfast does not answer.',
  next: 'Start it again with: holdfast serve --panel',
};

const endedCause: Cause = {
  code: 'no-engine',
  where: 'panel',
  message: 'This page has ended.',
  next: 'Open the panel with a fresh link: holdfast panel',
};

function platformOf(agent: string): Platform {
  if (/Windows/.test(agent)) return 'win32';
  return /Mac OS|Macintosh/.test(agent) ? 'darwin' : 'linux';
}

/**
 * The bridge of the browser panel: frames of the contract over a WebSocket at `/ws`, after page and server have proved the session's secret to each other,
 * at each connection anew. Connects again by itself, until a server fails that proof: then nothing is sent or taken any more.
 */
export function createPanelBridge(address = new URL('/ws', location.href)): ShellBridge {
  const url = new URL(address);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  url.search = '';
  const login = new PanelLogin({ location, history, storage: sessionStorage, crypto: globalThis.crypto });
  const eventListeners = new Set<(event: EngineEvent) => void>();
  const connectionListeners = new Set<(state: ConnectionState) => void>();
  const open = new Map<number, OpenCall>();
  /** Calls made before the link was ready. */
  let queue: (() => void)[] = [];
  let socket: WebSocket | undefined;
  let ready = false;
  let ended = false;
  /** The page is about to be loaded again or left: browsers close its socket for that, some before it is gone. */
  let leaving = false;
  let tries = 0;
  let nextId = 1;
  let subscription: CallInput<'subscribe'> = { tunnels: true, prompts: true, log: false, logTunnel: null };

  function send<N extends CallName>(call: N, input: CallInput<N>): Promise<CallResult<CallOutput<N>>> {
    if (ended) return Promise.resolve({ ok: false, error: endedCause });
    return new Promise((resolve) => {
      const id = nextId++;
      const settle = (result: CallResult<unknown>) => {
        clearTimeout(timer);
        open.delete(id);
        resolve(result.ok ? checked(call, result.output) : result);
      };
      const timer = setTimeout(() => settle({ ok: false, error: lostCause }), callTimeoutMs);
      open.set(id, { call, settle, timer });
      socket?.send(JSON.stringify({ id, call, input }));
    });
  }

  function onFrame(data: unknown): void {
    if (typeof data !== 'string') return;
    for (const line of data.split('\n')) if (line.trim() !== '') onLine(line);
  }

  function onLine(line: string): void {
    const frame = responseFrameSchema.safeParse(parseJson(line));
    if (!frame.success) return;
    if ('event' in frame.data) {
      for (const listener of eventListeners) listener(frame.data.event);
      return;
    }
    if (frame.data.id === null) return;
    const settle = open.get(frame.data.id)?.settle;
    settle?.(frame.data.ok ? { ok: true, output: frame.data.output } : { ok: false, error: frame.data.error });
  }

  async function onProven(): Promise<void> {
    const hello = await send('hello', { client: 'panel', contract: contractVersion });
    if (hello.ok) await send('subscribe', subscription);
    if (!hello.ok) return;
    ready = true;
    tries = 0;
    const waiting = queue;
    queue = [];
    for (const run of waiting) run();
    tell('connected');
  }

  function tell(state: ConnectionState): void {
    for (const listener of connectionListeners) listener(state);
  }

  function settleAll(error: Cause): void {
    for (const { settle } of open.values()) settle({ ok: false, error });
  }

  function onClose(): void {
    const wasReady = ready;
    ready = false;
    if (!leaving) login.leave();
    if (ended) return;
    settleAll(lostCause);
    if (wasReady || tries === 0) tell('lost');
    const delayMs = retryDelaysMs[Math.min(tries, retryDelaysMs.length - 1)];
    tries += 1;
    setTimeout(connect, delayMs);
  }

  function end(): void {
    ended = true;
    socket?.close();
    for (const run of queue) run();
    queue = [];
    settleAll(endedCause);
    tell('ended');
  }

  function connect(): void {
    if (ended) return;
    const fresh = new WebSocket(url);
    socket = fresh;
    const inbox = new FrameInbox();
    let isProven = false;
    const limit = setTimeout(() => fresh.close(), entranceMs);
    async function enter(): Promise<void> {
      const wire = { send: (frame: object) => fresh.send(JSON.stringify(frame)), next: () => inbox.next() };
      const holds = await login.enter(wire);
      // It may be gone while the last proof was worked out.
      if (socket !== fresh || fresh.readyState !== WebSocket.OPEN) return holds ? login.leave() : end();
      if (!holds) return end();
      clearTimeout(limit);
      isProven = true;
      await onProven();
    }
    // A connection that ends before the proof is only lost: nobody has shown anything.
    fresh.addEventListener('open', () => void enter().catch(() => fresh.close()));
    fresh.addEventListener('message', ({ data }) => {
      if (isProven) onFrame(data);
      else if (typeof data !== 'string' || !inbox.push(parseJson(data))) end();
    });
    fresh.addEventListener(
      'close',
      () => {
        clearTimeout(limit);
        inbox.end(new Error('the connection ended'));
        onClose();
      },
      { once: true },
    );
  }

  window.addEventListener('beforeunload', () => {
    leaving = true;
    setTimeout(() => {
      leaving = false;
    }, leavingMs);
  });
  // A fresh link that is put into the address bar of an open page changes the fragment alone.
  window.addEventListener('hashchange', () => {
    if (linkSecret(location.hash) !== null) location.reload();
  });
  connect();
  return {
    shell: 'panel',
    platform: platformOf(navigator.userAgent),
    language: navigator.language,
    desktop: null,
    call(name, input) {
      if (name === 'subscribe') subscription = calls.subscribe.input.parse(input);
      if (ready || ended) return send(name, input);
      if (tries > 0) return Promise.resolve({ ok: false, error: lostCause });
      return new Promise((resolve) => queue.push(() => void send(name, input).then(resolve)));
    },
    onEvent: (listener) => listen(eventListeners, listener),
    onConnection: (listener) => listen(connectionListeners, listener),
    onNavigate: () => () => undefined,
  };
}

function checked<N extends CallName>(call: N, output: unknown): CallResult<CallOutput<N>> {
  const parsed = calls[call].output.safeParse(output);
  if (parsed.success) return { ok: true, output: parsed.data as CallOutput<N> };
  return {
    ok: false,
    error: {
      code: 'internal',
      where: call,
      message: 'Holdfast answered with something this page does not understand.',
      next: 'Load the page again; it may be older than Holdfast.',
    },
  };
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
