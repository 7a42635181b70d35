import type { HostConfig, TunnelConfig } from '../../../shared/model/config.ts';
import { asHoldfastError, assertNever, type Cause } from '../../../shared/model/failure.ts';
import { listensHere } from '../../../shared/model/forward-spec.ts';
import type { ForwardStatus, TunnelState, TunnelStatus } from '../../../shared/model/tunnel.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import { scheduleLong } from '../lifecycle/long-timer.ts';
import type { Log } from '../log/log.ts';
import type { ConnectionPool, Lease } from '../pool/pool.ts';
import { Attempt, type AttemptReport } from './attempt.ts';
import { type CreateRunner, ForwardSet } from './forward-set.ts';
import type { Effect, Machine, MachineInput, WantedBy } from './machine-types.ts';
import { hearsKnock } from './machine-steps.ts';
import { newMachine, policyOf, transition } from './machine.ts';
import { causeOf, reasonOf } from './transition-text.ts';

export interface TunnelSupervisorDeps {
  readonly config: TunnelConfig;
  /** Jump hosts outermost first, the tunnel's host last. */
  readonly chain: readonly HostConfig[];
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly createRunner: CreateRunner;
}

/** A change from one kind of state to another. `cause`: why, where something failed. */
export interface TunnelTransition {
  readonly from: TunnelState;
  readonly to: TunnelState;
  readonly cause: Cause | null;
}

/** Round trips kept for statistics. */
const keptProbes = 20;

/** Keeps one tunnel as it is wanted: feeds the machine and carries out its effects. */
export class TunnelSupervisor implements Disposable {
  readonly #deps: TunnelSupervisorDeps;
  readonly #store = new DisposableStore();
  readonly #onDidChange = this.#store.add(new Emitter<void>());
  /** Anything that `status` shows. Fires once for each change: the listener coalesces. */
  readonly onDidChange = this.#onDidChange.event;
  readonly #onDidTransition = this.#store.add(new Emitter<TunnelTransition>());
  readonly onDidTransition = this.#onDidTransition.event;
  readonly #onDidProbe = this.#store.add(new Emitter<{ readonly ms: number | null }>());
  /** A round of probing ended; `ms` null: it failed. */
  readonly onDidProbe = this.#onDidProbe.event;
  readonly #attempt = this.#store.add(new MutableDisposable<Attempt>());
  readonly #wait = this.#store.add(new MutableDisposable());
  readonly #lifetime = this.#store.add(new MutableDisposable());
  readonly #idle = this.#store.add(new MutableDisposable());
  readonly #want = this.#store.add(new MutableDisposable());
  /** The share of the link while the tunnel waits for something on it. */
  readonly #kept = this.#store.add(new MutableDisposable<Lease>());
  readonly #forwards: ForwardSet;
  readonly #inputs: MachineInput[] = [];
  #working = false;
  #config: TunnelConfig;
  #chain: readonly HostConfig[];
  #key: string;
  #machine: Machine;
  #probeMs: number[] = [];

  constructor(deps: TunnelSupervisorDeps) {
    this.#deps = deps;
    this.#config = deps.config;
    this.#chain = deps.chain;
    this.#key = deps.pool.keyOf(deps.chain);
    this.#machine = newMachine(policyOf(deps.config));
    const { clock, log, random, createRunner, pool } = deps;
    this.#forwards = this.#store.add(new ForwardSet(deps.config, { clock, log, random, createRunner }));
    this.#store.add(
      this.#forwards.onDidChange(() => {
        this.#watchIdle();
        this.#changed();
      }),
    );
    this.#store.add(this.#forwards.onDidSettle(() => this.#attempt.value?.evaluate()));
    this.#store.add(this.#forwards.onDidKnock(() => this.#input({ kind: 'knock', inMs: 0 })));
    this.#store.add(
      pool.onDidStartAttempt((key) => {
        if (key === this.#key) this.#input({ kind: 'attempt-shared' });
      }),
    );
    this.#store.add(
      pool.onDidConnect((key) => {
        if (key === this.#key) this.#input({ kind: 'link-available' });
      }),
    );
  }

  get config(): TunnelConfig {
    return this.#config;
  }

  /** Round trips of the last probes in milliseconds, newest last. */
  get probeMs(): readonly number[] {
    return this.#probeMs;
  }

  /** The last failure, until it runs again or a person acts; also while it listens again after one. */
  get lastCause(): Cause | null {
    return this.#machine.lastCause;
  }

  /** `login`: the engine starts it by itself; `person`: somebody asked. */
  up(by: WantedBy): void {
    this.#input({ kind: 'up', by });
  }

  /** Stopped when this returns, with all listeners closed. */
  down(): void {
    this.#input({ kind: 'down' });
  }

  restart(): void {
    this.#input({ kind: 'restart' });
  }

  /** A person does not want to wait for the next try. */
  now(): void {
    this.#input({ kind: 'hurry', by: 'person' });
    this.#forwards.retryNow();
  }

  /** The machine woke up, or the network changed. */
  wake(): void {
    this.#input({ kind: 'hurry', by: 'wake' });
    this.#forwards.retryNow();
  }

  /** Switches one forward while the tunnel runs; unknown specs are ignored. Not written to the configuration. */
  setForwardEnabled(spec: string, enabled: boolean): void {
    if (this.#forwards.setEnabled(spec, enabled)) this.#deps.log.info(`${spec} was switched ${enabled ? 'on' : 'off'}`);
  }

  /** Takes over a changed configuration; what is the same keeps running with its clients. */
  reconfigure(config: TunnelConfig, chain: readonly HostConfig[]): void {
    const key = this.#deps.pool.keyOf(chain);
    const link = key !== this.#key;
    this.#config = config;
    this.#chain = chain;
    this.#key = key;
    if (link) this.#kept.clear();
    if (link && this.#want.value !== null) this.#want.value = this.#deps.pool.want(chain);
    const forwards = this.#forwards.reconfigure(config, !link);
    if (!link) this.#attempt.value?.reconfigure(config, chain);
    this.#input({ kind: 'reconfigured', policy: policyOf(config), link, forwards });
    this.#watchIdle();
    this.#changed();
  }

  /** Clients of this tunnel now, those that wait for the link included. */
  connections(): ReturnType<ForwardSet['connections']> {
    return this.#forwards.connections();
  }

  status(): TunnelStatus {
    const { desired, attempt, reconnects } = this.#machine;
    const { name, host, group, production } = this.#config;
    return {
      name,
      host,
      group,
      production,
      state: this.#shownState(),
      wanted: desired.wanted,
      attempt,
      reconnects,
      forwards: this.#shownForwards(),
      parked: this.#forwards.parked,
    };
  }

  /** Ends everything without a word: no transition is reported. */
  dispose(): void {
    if (this.#store.isDisposed) return;
    this.#inputs.length = 0;
    // The forwards first: remote listeners are cancelled over the link while it is there.
    this.#forwards.dispose();
    this.#store.dispose();
  }

  // --- the machine ---

  #input(input: MachineInput): void {
    this.#inputs.push(input);
    if (this.#working) return;
    this.#working = true;
    try {
      for (let next = this.#inputs.shift(); next && !this.#store.isDisposed; next = this.#inputs.shift())
        this.#step(next);
    } finally {
      this.#working = false;
      this.#inputs.length = 0;
    }
  }

  #step(given: MachineInput): void {
    const before = this.#machine;
    const input =
      given.kind === 'knock' && hearsKnock(before) ? { ...given, inMs: this.#deps.pool.knock(this.#chain) } : given;
    const at = { nowMs: this.#deps.clock.now(), wallMs: this.#deps.clock.wallNow() };
    const { machine, effects } = transition(before, { ...input, at });
    if (machine === before) return;
    this.#machine = machine;
    for (const effect of effects) {
      try {
        this.#perform(effect);
      } catch (thrown) {
        // A bug of ours in one part must not keep the others from being released.
        this.#deps.log.error(
          `the step ${effect.kind} went wrong: ${asHoldfastError(thrown, this.#config.name).message}`,
        );
      }
    }
    if (machine.state.kind !== before.state.kind) this.#report(input, before.state, machine.state, at.nowMs);
    if (machine.state.kind === 'interactive' && machine.state.promptId === null && before.state !== machine.state) {
      // Somebody else's login will do.
      if (this.#deps.pool.isConnected(this.#chain)) this.#inputs.push({ kind: 'link-available' });
    }
    if (!isOnTheWay(machine)) this.#kept.clear();
    this.#watchIdle();
    this.#changed();
  }

  #perform(effect: Effect): void {
    const { pool, clock } = this.#deps;
    switch (effect.kind) {
      case 'abandon':
        this.#wait.clear();
        // The forwards first: remote listeners are cancelled over the link while it is there.
        this.#forwards.detach();
        this.#attempt.clear();
        return;
      case 'keep-link':
        this.#kept.value = this.#attempt.value?.takeLease() ?? null;
        return;
      case 'replace-link': {
        const link = this.#attempt.value?.lease?.link;
        if (link) pool.replace(this.#chain, link);
        return;
      }
      case 'open-listeners':
        void this.#openListeners(effect.id);
        return;
      case 'start':
        this.#start(effect.id, effect.unattended);
        return;
      case 'wait':
        this.#wait.value = scheduleLong(clock, effect.delayMs, () =>
          this.#input({ kind: 'retry-due', id: effect.id, clientsWait: this.#forwards.parked > 0 }),
        );
        return;
      case 'release-parked':
        this.#forwards.releaseParked();
        return;
      case 'hold-parked':
        this.#forwards.holdParked(effect.held);
        return;
      case 'close-forwards':
        this.#forwards.close();
        return;
      case 'arm-lifetime':
        this.#lifetime.value = scheduleLong(clock, effect.limitMs, () => this.#input({ kind: 'lifetime-over' }));
        return;
      case 'cancel-lifetime':
        this.#lifetime.clear();
        return;
      case 'want':
        this.#want.value = effect.wanted ? pool.want(this.#chain) : null;
        return;
      default:
        assertNever(effect);
    }
  }

  async #openListeners(id: number): Promise<void> {
    // Without parking a port is open only while the link is up, except on demand.
    if (this.#config.parkMs === 0 && !this.#machine.policy.demand) return;
    try {
      await this.#forwards.open();
      this.#input({ kind: 'opened', id });
    } catch (thrown) {
      this.#failed(id, {
        kind: 'failed',
        error: asHoldfastError(thrown, this.#config.name),
        stage: 'listen',
        jitter: this.#deps.random(),
        replaceLink: false,
      });
    }
    this.#changed();
  }

  #start(id: number, unattended: boolean): void {
    const { pool, clock, random } = this.#deps;
    const attempt = new Attempt({
      tunnel: this.#config,
      chain: this.#chain,
      forwards: this.#forwards,
      pool,
      clock,
      random,
      unattended,
      report: (report) => (report.kind === 'failed' ? this.#failed(id, report) : this.#input({ ...report, id })),
      onDidProbe: ({ ms, error }) => {
        if (ms !== null) this.#probeMs = [...this.#probeMs, ms].slice(-keptProbes);
        if (error) this.#deps.log.warn(`a check failed: ${error.message}`, { code: error.code });
        this.#onDidProbe.fire({ ms });
      },
    });
    this.#attempt.value = attempt;
    void attempt.run();
  }

  #failed(id: number, report: Extract<AttemptReport, { kind: 'failed' }>): void {
    const { error, stage, jitter, replaceLink } = report;
    const refusing = this.#chain.find((host) => host.name === error.hop) ?? this.#chain.at(-1);
    const failure = {
      cause: error.toCause(),
      retry: error.retry,
      stage,
      jitter,
      replaceLink,
      // Without parking a client waits for the one attempt that it asked for.
      clientsWait: this.#config.parkMs > 0 && this.#forwards.parked > 0,
      authTries: refusing?.authTries ?? 1,
      inLogin: error.phase === 'auth',
    };
    this.#input({ kind: 'failed', id, failure });
  }

  // --- what others see ---

  /** `atMs`: when it happened; the steps that follow from it have taken their time since. */
  #report(input: MachineInput, from: TunnelState, to: TunnelState, atMs: number): void {
    const cause = causeOf(to, input.kind === 'failed' ? this.#machine.lastCause : null);
    const fields = {
      from: from.kind,
      to: to.kind,
      event: input.kind,
      attempt: this.#machine.attempt,
      ...(cause ? { code: cause.code, where: cause.where } : {}),
      ...(to.kind === 'retrying' ? { waitMs: Math.round(this.#machine.retryAtMs - atMs) } : {}),
    };
    const message = `${from.kind} → ${to.kind}: ${cause ? cause.message : reasonOf(input)}`;
    if (to.kind === 'dead') this.#deps.log.warn(message, fields);
    else this.#deps.log.info(message, fields);
    this.#onDidTransition.fire({ from, to, cause });
  }

  /** The wall clock may have been set since: what counts is the monotonic one. */
  #shownState(): TunnelState {
    const { state, retryAtMs } = this.#machine;
    if (state.kind !== 'retrying') return state;
    const { clock } = this.#deps;
    return { ...state, nextTryAtMs: Math.round(clock.wallNow() + Math.max(0, retryAtMs - clock.now())) };
  }

  /** While it listens again after a failure, or waits for a person, the forwards carry the reason. */
  #shownForwards(): readonly ForwardStatus[] {
    const { state, lastCause } = this.#machine;
    const shown = this.#forwards.statuses();
    const resting = state.kind === 'listening' || (state.kind === 'interactive' && state.promptId === null);
    if (lastCause === null || !resting) return shown;
    const here = new Set(this.#config.forwards.filter((spec) => listensHere(spec)).map((spec) => spec.spec));
    return shown.map((row) => (here.has(row.spec) && row.cause === null ? { ...row, cause: lastCause } : row));
  }

  /** On demand: the link goes when nobody has used it for the idle time. */
  #watchIdle(): void {
    const { policy, state, id } = this.#machine;
    const idle = policy.demand && state.kind === 'running' && this.#forwards.clients + this.#forwards.parked === 0;
    if (!idle || this.#config.idleMs <= 0) this.#idle.clear();
    else
      this.#idle.value ??= scheduleLong(this.#deps.clock, this.#config.idleMs, () => this.#input({ kind: 'idle', id }));
  }

  #changed(): void {
    if (!this.#store.isDisposed) this.#onDidChange.fire();
  }
}

/** It waits or connects: a link that it has is still wanted. */
function isOnTheWay({ state }: Machine): boolean {
  return state.kind === 'retrying' || state.kind === 'starting' || state.kind === 'interactive';
}
