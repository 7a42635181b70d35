import type { EngineEvent } from '../../shared/contract/events.ts';
import type { HoldfastError } from '../../shared/model/failure.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import type { TunnelStatus } from '../../shared/model/tunnel.ts';
import type { ControlClient } from '../engine/control/control-client.ts';
import { every } from '../engine/lifecycle/clock.ts';
import { type Disposable, DisposableStore, listen } from '../engine/lifecycle/disposable.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { clip, formatTime } from './style.ts';
import { stateDetails, statusRow, statusTable, stateWord } from './tunnel-view.ts';

/**
 * Follows tunnels by events: the snapshot first, then every change. `select` empty means all; a name may be a group. Fires `onChange` with the
 * tunnels that changed.
 */
export class TunnelFollower implements Disposable {
  readonly #store = new DisposableStore();
  readonly #client: ControlClient;
  readonly #select: ReadonlySet<string>;
  readonly #tunnels = new Map<string, TunnelStatus>();
  readonly #prompts = new Map<string, Prompt>();
  #revision = -1;
  #early: EngineEvent[] | null = [];
  readonly #onChange: (changed: readonly TunnelStatus[]) => void;

  constructor(client: ControlClient, select: readonly string[], onChange: (changed: readonly TunnelStatus[]) => void) {
    this.#client = client;
    this.#select = new Set(select);
    this.#onChange = onChange;
    this.#store.add(client.onDidEvent((event) => (this.#early === null ? this.#take(event) : this.#early.push(event))));
  }

  /** The tunnels as they are now, in the engine's order. */
  get tunnels(): readonly TunnelStatus[] {
    return [...this.#tunnels.values()];
  }

  get prompts(): readonly Prompt[] {
    return [...this.#prompts.values()];
  }

  /** Subscribes and reads the first state. Rejects with `not-found` for unknown names. */
  async start(): Promise<void> {
    if (this.#select.size > 0) await this.#client.call('status', { names: [...this.#select] });
    await this.#client.call('subscribe', { tunnels: true, prompts: true, log: false, logTunnel: null });
    const snapshot = await this.#client.call('snapshot', {});
    this.#revision = snapshot.revision;
    for (const tunnel of snapshot.tunnels) if (this.#wants(tunnel)) this.#tunnels.set(tunnel.name, tunnel);
    for (const prompt of snapshot.prompts) this.#prompts.set(prompt.id, prompt);
    const early = this.#early ?? [];
    this.#early = null;
    for (const event of early) this.#take(event);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #wants(tunnel: TunnelStatus): boolean {
    if (this.#select.size === 0) return true;
    return this.#select.has(tunnel.name) || (tunnel.group !== null && this.#select.has(tunnel.group));
  }

  /** The row may have come before the question that it waits for. */
  #waiting(promptId: string): TunnelStatus[] {
    return this.tunnels.filter(({ state }) => state.kind === 'interactive' && state.promptId === promptId);
  }

  #take(event: EngineEvent): void {
    switch (event.kind) {
      case 'tunnels': {
        if (event.revision <= this.#revision) return;
        this.#revision = event.revision;
        const changed = event.changed.filter((tunnel) => this.#wants(tunnel));
        for (const tunnel of changed) this.#tunnels.set(tunnel.name, tunnel);
        for (const name of event.removed) this.#tunnels.delete(name);
        this.#onChange(changed);
        return;
      }
      case 'prompt-opened':
        this.#prompts.set(event.prompt.id, event.prompt);
        this.#onChange(this.#waiting(event.prompt.id));
        return;
      case 'prompt-closed':
        this.#prompts.delete(event.id);
        this.#onChange([]);
        return;
      case 'log':
      case 'config':
        return;
    }
  }
}

/** Resolves when the person ends the view (INT, TERM, q), rejects when the engine goes. */
export function untilEnded(context: CommandContext, client: ControlClient, store: DisposableStore): Promise<void> {
  return new Promise((resolve, reject) => {
    store.add(context.terminal.onInterrupt(resolve));
    store.add(client.onDidClose((reason: HoldfastError) => reject(reason)));
  });
}

/** `status --watch`. On a terminal the whole screen; else a line (or a JSON array a line) for each change. */
export async function watchStatus(
  context: CommandContext,
  client: ControlClient,
  names: readonly string[],
): Promise<number> {
  const store = new DisposableStore();
  try {
    const ended = untilEnded(context, client, store);
    // Nobody waits for it before the first state is here; its reason is seen below all the same.
    ended.catch(() => {});
    const isScreen = context.out.columns !== null && !context.json;
    if (isScreen) await showScreen(context, client, names, store, ended);
    else await showLines(context, client, names, store, ended);
    return exitCodes.done;
  } finally {
    store.dispose();
  }
}

async function showLines(
  context: CommandContext,
  client: ControlClient,
  names: readonly string[],
  store: DisposableStore,
  ended: Promise<void>,
): Promise<void> {
  const { out, clock, texts } = context;
  const shown = new Map<string, string>();
  const show = (tunnels: readonly TunnelStatus[]): void => {
    // Counters change all the time; a line is written when the state or its reason does.
    const news = tunnels.filter((tunnel) => {
      const { nextTryMs: _, ...row } = statusRow(tunnel, 0, follower.prompts);
      const key = JSON.stringify(row);
      if (shown.get(tunnel.name) === key) return false;
      shown.set(tunnel.name, key);
      return true;
    });
    if (news.length === 0) return;
    const now = clock.wallNow();
    if (context.json) out.jsonLine(news.map((tunnel) => statusRow(tunnel, now, follower.prompts)));
    else
      for (const tunnel of news)
        out.print(
          `${formatTime(now)}  ${tunnel.name}  ${stateWord(tunnel, texts, out.style)}  ${stateDetails(tunnel, texts, now, follower.prompts)}`.trimEnd(),
        );
  };
  const follower = store.add(new TunnelFollower(client, names, show));
  await follower.start();
  show(follower.tunnels);
  await ended;
}

/** xterm: alternate screen, cursor hidden; and back. */
const enterScreen = '\u001b[?1049h\u001b[?25l';
const leaveScreen = '\u001b[?25h\u001b[?1049l';

async function showScreen(
  context: CommandContext,
  client: ControlClient,
  names: readonly string[],
  store: DisposableStore,
  ended: Promise<void>,
): Promise<void> {
  const { terminal, out, texts, clock } = context;
  const { stdin, stdout } = terminal;
  let pending: Disposable | null = null;
  const draw = (): void => {
    pending = null;
    // A terminal that does not know its size says 0.
    const columns = stdout.columns || 80;
    const rows = stdout.rows || 24;
    const lines = [...statusTable(follower.tunnels, texts, out.style, clock.wallNow(), follower.prompts)];
    if (follower.prompts.length > 0) lines.push('', out.style.ask(texts.status.prompts(follower.prompts.length)));
    const room = Math.max(1, rows - 1);
    const body = lines.length > room ? [...lines.slice(0, room - 1), '…'] : lines;
    const text = body.map((line) => `${clip(line, columns)}\u001b[K\n`).join('');
    stdout.write(`\u001b[H${text}\u001b[J\u001b[${rows};1H${out.style.faint(texts.status.watchHint)}`);
  };
  // Ten tunnels that change at once are one picture.
  const soon = (): void => {
    pending ??= store.add(clock.schedule(50, draw));
  };
  const follower = store.add(new TunnelFollower(client, names, soon));
  await follower.start();
  stdout.write(enterScreen);
  store.defer(() => stdout.write(leaveScreen));
  store.add(every(clock, 1000, draw));
  store.add(listen(stdout, 'resize', soon));
  const quit = new Promise<void>((resolve) => {
    if (stdin.isTTY !== true) return;
    stdin.setRawMode?.(true);
    store.defer(() => {
      stdin.pause();
      stdin.setRawMode?.(false);
    });
    store.add(
      listen(stdin, 'data', (chunk: Buffer | string) => {
        if (/[qQ\u0003]/.test(chunk.toString())) resolve();
      }),
    );
    stdin.resume();
  });
  draw();
  await Promise.race([ended, quit]);
}
