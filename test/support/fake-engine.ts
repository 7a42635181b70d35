import { editingCalls } from '../../src/shared/contract/editing-calls.ts';
import { contractVersion, type ContractApi } from '../../src/shared/contract/calls.ts';
import type { EngineEvent } from '../../src/shared/contract/events.ts';
import { HoldfastError, type Cause } from '../../src/shared/model/failure.ts';
import type { Prompt } from '../../src/shared/model/prompt.ts';
import type { TunnelState, TunnelStatus } from '../../src/shared/model/tunnel.ts';
import { Emitter } from '../../src/main/engine/lifecycle/emitter.ts';

/**
 * A fake engine behind the contract, for tests of the control socket and the command. It holds rows and prompts that the test sets, says what
 * changed, and notes every call. It connects to nothing.
 */
export class FakeEngine {
  readonly events = new Emitter<EngineEvent>();
  readonly seen: { readonly call: string; readonly input: unknown }[] = [];
  readonly tunnels = new Map<string, TunnelStatus>();
  readonly prompts = new Map<string, Prompt>();
  configProblem: string | null = null;
  /** Runs when `up` or `restart` was called for a tunnel. */
  onUp: (name: string) => void = (name) => this.change(name, { kind: 'running', sinceMs: 0, degraded: null });
  /** Runs when a prompt was answered. */
  onAnswer: (prompt: Prompt, answer: unknown) => void = () => {};
  secretProblem: HoldfastError | null = null;
  #revision = 0;

  addTunnel(name: string, more: Partial<TunnelStatus> = {}): void {
    this.tunnels.set(name, {
      name,
      host: 'box',
      group: null,
      production: false,
      state: { kind: 'stopped' },
      wanted: false,
      attempt: 0,
      reconnects: 0,
      forwards: [],
      parked: 0,
      ...more,
    });
  }

  change(name: string, state: TunnelState, more: Partial<TunnelStatus> = {}): void {
    const tunnel = this.tunnels.get(name);
    if (tunnel === undefined) throw new Error(`the test has no tunnel ${name}`);
    const changed = { ...tunnel, wanted: state.kind !== 'stopped', ...more, state };
    this.tunnels.set(name, changed);
    this.#revision += 1;
    this.events.fire({ kind: 'tunnels', revision: this.#revision, changed: [changed], removed: [] });
  }

  openPrompt(prompt: Prompt): void {
    this.prompts.set(prompt.id, prompt);
    this.events.fire({ kind: 'prompt-opened', prompt });
  }

  closePrompt(id: string, end: 'answered' | 'cancelled' | 'withdrawn'): void {
    this.prompts.delete(id);
    this.events.fire({ kind: 'prompt-closed', id, end });
  }

  /** No snapshot is answered before so many were asked for: then all are, at once. */
  holdSnapshots(until: number): void {
    const { snapshot } = this.api;
    let release = (): void => undefined;
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held: ContractApi['snapshot'] = async (input) => {
      const answer = await snapshot(input);
      if (this.inputsOf('snapshot').length === until) release();
      await all;
      return answer;
    };
    Object.assign(this, { api: { ...this.api, snapshot: held } });
  }

  inputsOf(call: string): unknown[] {
    return this.seen.filter((each) => each.call === call).map((each) => each.input);
  }

  readonly api: ContractApi<void> = {
    ...notFaked,
    hello: (input) =>
      this.#note('hello', input, {
        version: '0.0.0-fake',
        contract: contractVersion,
        pid: process.pid,
        startedAtMs: 0,
        configFile: '/fake/config.toml',
        logFolder: '/fake/logs',
      }),
    snapshot: (input) =>
      this.#note('snapshot', input, {
        revision: this.#revision,
        tunnels: [...this.tunnels.values()],
        prompts: [...this.prompts.values()],
        configProblem: this.configProblem,
      }),
    status: async (input) => this.#note('status', input, this.#select(input.names)),
    up: async (input) => this.#act('up', input, (name) => this.onUp(name)),
    restart: async (input) => this.#act('restart', input, (name) => this.onUp(name)),
    down: async (input) => this.#act('down', input, (name) => this.change(name, { kind: 'stopped' })),
    now: async (input) => this.#act('now', input, () => {}),
    forward: (input) => this.#note('forward', input, {}),
    prompts: (input) => this.#note('prompts', input, [...this.prompts.values()]),
    answer: async (input) => {
      const prompt = this.prompts.get(input.id);
      if (prompt === undefined) throw notFound(`prompt ${input.id}`);
      await this.#note('answer', input, {});
      this.closePrompt(input.id, input.answer.kind === 'cancel' ? 'cancelled' : 'answered');
      this.onAnswer(prompt, input.answer);
      return {};
    },
    stats: async (input) =>
      this.#note(
        'stats',
        input,
        this.#select(input.names).map((tunnel) => ({
          name: tunnel.name,
          uptimeMs: 61_000,
          totalUptimeMs: 7_200_000,
          reconnects: 2,
          reconnectsByCause: { reset: 2 },
          bytesIn: 2048,
          bytesOut: 10,
          connections: 1,
          totalConnections: 9,
          probeMs: [12, 34],
        })),
      ),
    history: (input) =>
      this.#note('history', input, [
        { atMs: 0, tunnel: 'db', what: 'lost', cause: cause('reset', 'box hung up.') },
        { atMs: 1000, tunnel: 'db', what: 'healed', cause: null },
      ]),
    logs: async (input) => {
      if (input.tunnel !== null && !this.tunnels.has(input.tunnel)) throw notFound(`tunnel ${input.tunnel}`);
      return this.#note('logs', input, [
        { atMs: 0, level: 'info', tunnel: input.tunnel, message: 'hello log', fields: { port: 22 } },
      ]);
    },
    usage: (input) => this.#note('usage', input, { clients: 0, programs: 0, logins: 1 }),
    connections: (input) =>
      this.#note('connections', input, [
        {
          id: 'c1',
          host: 'box',
          user: 'me',
          address: '127.0.0.1:22',
          jump: [],
          leases: 2,
          channels: 3,
          sinceMs: 0,
          endsAtMs: null,
          tunnels: ['db'],
          programs: [],
          authenticatedBy: 'publickey',
          cipher: 'aes256-gcm@openssh.com',
          bytesIn: 1,
          bytesOut: 2,
        },
      ]),
    reload: (input) => this.#note('reload', input, { problem: null }),
    'secret.state': (input) =>
      this.#note('secret.state', input, { kind: 'available', store: 'fake', remembersIn: 'keychain' }),
    'secret.set': async (input) => {
      if (this.secretProblem !== null) throw this.secretProblem;
      if (input.host !== 'box') throw notFound(`host ${input.host}`);
      return this.#note('secret.set', input, {});
    },
    'secret.list': (input) => this.#note('secret.list', input, [{ host: 'box', kind: 'password' }]),
    'secret.remove': (input) => this.#note('secret.remove', input, { removed: input.kind === 'password' }),
    'vault.unlock': (input) => this.#note('vault.unlock', input, {}),
    'secret.lock': (input) => this.#note('secret.lock', input, {}),
    'vault.lock': (input) => this.#note('vault.lock', input, {}),
    wake: (input) => this.#note('wake', input, {}),
    subscribe: (input) => this.#note('subscribe', input, {}),
    shutdown: (input) => this.#note('shutdown', input, {}),
  };

  #note<T>(call: string, input: unknown, output: T): Promise<T> {
    this.seen.push({ call, input });
    return Promise.resolve(output);
  }

  #select(names: readonly string[]): TunnelStatus[] {
    if (names.length === 0) return [...this.tunnels.values()];
    return names.flatMap((name) => {
      const found = [...this.tunnels.values()].filter((tunnel) => tunnel.name === name || tunnel.group === name);
      if (found.length === 0) throw notFound(`tunnel ${name}`);
      return found;
    });
  }

  async #act(
    call: string,
    input: { readonly names: readonly string[]; readonly all: boolean },
    each: (name: string) => void,
  ): Promise<{ names: string[] }> {
    const names = this.#select(input.all ? [] : input.names).map((tunnel) => tunnel.name);
    for (const name of names) each(name);
    return this.#note(call, input, { names });
  }
}

export function cause(code: Cause['code'], message: string): Cause {
  return { code, where: 'box', message, next: 'Look at box.' };
}

function notFound(what: string): HoldfastError {
  return new HoldfastError({
    code: 'not-found',
    where: what,
    message: `There is no ${what}.`,
    next: 'See what there is: holdfast list',
  });
}

/** A host key question as the engine would open it. */
export function hostKeyPrompt(id: string, tunnels: readonly string[], more: Partial<Prompt> = {}): Prompt {
  return {
    id,
    kind: 'host-key',
    tunnels: [...tunnels],
    host: 'box',
    hop: 'box',
    address: '127.0.0.1:22',
    user: 'me',
    message: 'The key of box is not known.',
    fields: [],
    hostKey: {
      keyType: 'ED25519',
      fingerprint: 'SHA256:uNiVztksCsDhcc0u9e8BrJXVGDvfeuZ1LmPdKxj0Agk',
      randomart: '+--[ED25519 256]--+\n|      .o.        |\n+----[SHA256]-----+',
      otherNames: ['old.example.org'],
      remoteAddress: null,
      file: '/home/me/.ssh/known_hosts',
    },
    round: 1,
    signIn: null,
    elsewhere: null,
    addresses: [],
    mayRemember: false,
    askedAtMs: 0,
    ...more,
  };
}

/** A question for a code, shown or hidden. */
export function codePrompt(id: string, tunnels: readonly string[], more: Partial<Prompt> = {}): Prompt {
  return {
    ...hostKeyPrompt(id, tunnels),
    kind: 'otp',
    message: 'Duo says: choose',
    fields: [{ label: 'Passcode:', echo: false }],
    hostKey: null,
    ...more,
  };
}

/** Calls of the window's pages: the command does not make them. */
const notFaked = Object.fromEntries(
  [...Object.keys(editingCalls), 'panel.link'].map((call) => [
    call,
    () => Promise.reject(new Error(`${call} is not faked`)),
  ]),
) as unknown as Pick<ContractApi<void>, keyof typeof editingCalls | 'panel.link'>;
