import type { CallOutput } from '../../shared/contract/calls.ts';
import type { EngineEvent } from '../../shared/contract/events.ts';
import { cleanLine } from '../../shared/model/clean-text.ts';
import { assertNever, HoldfastError } from '../../shared/model/failure.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import type { TunnelStatus } from '../../shared/model/tunnel.ts';
import type { ControlClient } from '../engine/control/control-client.ts';
import { Deadline } from '../engine/lifecycle/deadline.ts';
import { DisposableStore, MutableDisposable } from '../engine/lifecycle/disposable.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { questionStream } from './terminal.ts';
import { elsewhereWords, stateDetails, statusRow } from './tunnel-view.ts';

export interface WaitOptions {
  /** For the tunnels; time in which a person is being asked here does not count. */
  readonly timeoutMs: number;
  /** Tells the engine what to do; the names it gives are waited for. */
  act(): Promise<CallOutput<'up'>>;
}

type Verdict = 'ok' | 'dead' | 'stopped' | 'person' | 'pending';

/**
 * Acts, then waits until every tunnel runs (or listens), gave up, or waits for an answer that nobody here can give. On a terminal the
 * questions of these tunnels are asked here. Gives the exit code: 0, 1 or 5.
 */
export async function waitForTunnels(
  context: CommandContext,
  client: ControlClient,
  options: WaitOptions,
): Promise<number> {
  const store = new DisposableStore();
  const wait = new TunnelWait(context, client, store);
  try {
    return await wait.run(options);
  } finally {
    store.dispose();
  }
}

class TunnelWait {
  readonly #context: CommandContext;
  readonly #client: ControlClient;
  readonly #store: DisposableStore;
  readonly #canAsk: boolean;
  readonly #tunnels = new Map<string, TunnelStatus>();
  readonly #prompts = new Map<string, Prompt>();
  /** Questions that the person here put aside: they are not asked again. */
  readonly #putAside = new Set<string>();
  /** Logins that are finished elsewhere, told here already: nothing is asked, and their time does not count. */
  readonly #told = new Set<string>();
  readonly #pause: MutableDisposable;
  #wanted: readonly string[] = [];
  #revision = -1;
  #early: EngineEvent[] | null = [];
  #asking: { readonly id: string; readonly abort: AbortController } | null = null;
  #timedOut = false;
  #closed: HoldfastError | null = null;
  #wake: () => void = () => {};

  constructor(context: CommandContext, client: ControlClient, store: DisposableStore) {
    this.#context = context;
    this.#client = client;
    this.#store = store;
    this.#pause = store.add(new MutableDisposable());
    this.#canAsk = questionStream(context.terminal) !== null && !context.json;
  }

  async run(options: WaitOptions): Promise<number> {
    const client = this.#client;
    this.#store.add(client.onDidEvent((event) => this.#onEvent(event)));
    this.#store.add(
      client.onDidClose((reason) => {
        this.#closed = reason;
        this.#asking?.abort.abort();
        this.#wake();
      }),
    );
    await client.call('subscribe', { tunnels: true, prompts: true, log: false, logTunnel: null });
    this.#wanted = (await options.act()).names;
    const snapshot = await client.call('snapshot', {});
    this.#revision = snapshot.revision;
    for (const tunnel of snapshot.tunnels) this.#tunnels.set(tunnel.name, tunnel);
    for (const prompt of snapshot.prompts) this.#prompts.set(prompt.id, prompt);
    const early = this.#early ?? [];
    this.#early = null;
    for (const event of early) this.#take(event);

    const deadline = this.#store.add(
      new Deadline(this.#context.clock, options.timeoutMs, () => {
        this.#timedOut = true;
        this.#wake();
      }),
    );
    for (;;) {
      if (this.#closed !== null) throw this.#closed;
      if (this.#canAsk) await this.#tellElsewhere(deadline);
      const prompt = this.#canAsk ? this.#nextQuestion() : null;
      if (prompt !== null) {
        const pause = deadline.pause();
        await this.#ask(prompt).finally(() => pause.dispose());
        continue;
      }
      const verdicts = this.#wanted.map((name) => this.#verdict(name));
      if (this.#timedOut || !verdicts.includes('pending')) return this.#report(verdicts, options.timeoutMs);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #onEvent(event: EngineEvent): void {
    if (this.#early !== null) this.#early.push(event);
    else this.#take(event);
  }

  #take(event: EngineEvent): void {
    switch (event.kind) {
      case 'tunnels':
        if (event.revision <= this.#revision) return;
        this.#revision = event.revision;
        for (const tunnel of event.changed) this.#tunnels.set(tunnel.name, tunnel);
        for (const name of event.removed) this.#tunnels.delete(name);
        break;
      case 'prompt-opened':
        this.#prompts.set(event.prompt.id, event.prompt);
        break;
      case 'prompt-closed':
        this.#prompts.delete(event.id);
        if (this.#asking?.id === event.id) this.#asking.abort.abort(event.end);
        break;
      case 'log':
      case 'config':
        return;
    }
    this.#wake();
  }

  /** A question of one of our tunnels. The list of a shared login's tunnels may have grown since it was opened: the state tells too. */
  #nextQuestion(): Prompt | null {
    for (const prompt of this.#prompts.values()) {
      if (this.#putAside.has(prompt.id) || prompt.elsewhere !== null) continue;
      if (this.#isOurs(prompt)) return prompt;
    }
    return null;
  }

  #isOurs(prompt: Prompt): boolean {
    return this.#wanted.some((name) => prompt.tunnels.includes(name) || this.#promptOf(name) === prompt.id);
  }

  /** The person here reads what the server says, and acts elsewhere. */
  async #tellElsewhere(deadline: Deadline): Promise<void> {
    const open = [...this.#prompts.values()].filter((prompt) => prompt.elsewhere !== null && this.#isOurs(prompt));
    if (open.length === 0) this.#pause.clear();
    else this.#pause.value ??= deadline.pause();
    for (const prompt of open) {
      if (this.#told.has(prompt.id)) continue;
      this.#told.add(prompt.id);
      const { describePrompt } = await import('./prompt-asker.ts');
      const lines = describePrompt(prompt, this.#context.texts);
      questionStream(this.#context.terminal)?.write(`${lines.join('\n')}\n`);
    }
  }

  #promptOf(name: string): string | null {
    const state = this.#tunnels.get(name)?.state;
    if (state?.kind === 'interactive' && state.promptId !== null) return state.promptId;
    if (state?.kind !== 'starting' && state?.kind !== 'interactive') return null;
    for (const prompt of this.#prompts.values()) if (prompt.tunnels.includes(name)) return prompt.id;
    return null;
  }

  async #ask(prompt: Prompt): Promise<void> {
    const { askPrompt } = await import('./prompt-asker.ts');
    const abort = new AbortController();
    this.#asking = { id: prompt.id, abort };
    if (!this.#prompts.has(prompt.id)) abort.abort('withdrawn');
    try {
      const answer = await askPrompt(this.#context, prompt, abort.signal);
      if (answer === 'put-aside') {
        this.#putAside.add(prompt.id);
        this.#context.out.note(this.#context.texts.prompts.staysOpen(prompt.id));
      } else if (answer !== 'gone') {
        await this.#client.call('answer', { id: prompt.id, answer });
      }
      if (answer !== 'put-aside') this.#prompts.delete(prompt.id);
    } catch (error) {
      // Somebody else was faster between our question and our answer.
      if (!(error instanceof HoldfastError && error.code === 'not-found')) throw error;
      this.#prompts.delete(prompt.id);
      this.#context.out.note(this.#context.texts.prompts.elsewhere);
    } finally {
      this.#asking = null;
    }
  }

  #verdict(name: string): Verdict {
    const tunnel = this.#tunnels.get(name);
    if (tunnel === undefined) return 'stopped';
    switch (tunnel.state.kind) {
      case 'running':
      case 'listening':
        return 'ok';
      case 'dead':
        return 'dead';
      case 'stopped':
        return tunnel.wanted ? 'pending' : 'stopped';
      case 'starting':
      case 'interactive': {
        const prompt = this.#promptOf(name);
        if (prompt === null) return 'pending';
        return this.#canAsk && !this.#putAside.has(prompt) ? 'pending' : 'person';
      }
      case 'retrying':
        return 'pending';
      default:
        return assertNever(tunnel.state);
    }
  }

  /** Nobody here can answer; what is finished elsewhere is said all the same. */
  #noteWaiting(name: string): void {
    const { out, texts } = this.#context;
    const prompt = this.#prompts.get(this.#promptOf(name) ?? '');
    if (!prompt || prompt.elsewhere === null) {
      out.note(texts.act.waitsForPerson(name, prompt?.id ?? '?'));
      return;
    }
    out.note(`${name}: ${cleanLine(elsewhereWords(prompt, texts), 4096)}`);
    for (const address of prompt.addresses) out.note(`  ${cleanLine(address)}`);
  }

  #report(verdicts: readonly Verdict[], timeoutMs: number): number {
    const { out, texts, json, clock } = this.#context;
    const rows = this.#wanted.flatMap((name) => this.#tunnels.get(name) ?? []);
    if (json) out.json(rows.map((tunnel) => statusRow(tunnel, clock.wallNow(), [...this.#prompts.values()])));
    else if (this.#wanted.length === 0) out.print(texts.act.nothing);
    this.#wanted.forEach((name, index) => {
      const tunnel = this.#tunnels.get(name);
      switch (verdicts[index]) {
        case 'ok':
          if (!json)
            out.print(tunnel?.state.kind === 'listening' ? texts.act.listening(name) : texts.act.running(name));
          break;
        case 'dead':
          if (tunnel?.state.kind === 'dead')
            out.problem(
              { ...tunnel.state.cause, message: texts.act.gaveUp(name, tunnel.state.cause.message) },
              texts.errors.next,
            );
          break;
        case 'person':
          this.#noteWaiting(name);
          break;
        case 'stopped':
          out.note(texts.act.stopped(name));
          break;
        default:
          out.note(
            texts.act.notInTime(
              name,
              Math.round(timeoutMs / 1000),
              tunnel === undefined
                ? ''
                : cleanLine(`${texts.states[tunnel.state.kind]} ${stateDetails(tunnel, texts, clock.wallNow())}`),
            ),
          );
      }
    });
    if (verdicts.some((verdict) => verdict === 'dead' || verdict === 'stopped' || verdict === 'pending'))
      return exitCodes.failed;
    return verdicts.includes('person') ? exitCodes.waitsForPerson : exitCodes.done;
  }
}
