import type { TunnelConfig } from '../../../shared/model/config.ts';
import { asHoldfastError, HoldfastError } from '../../../shared/model/failure.ts';
import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import type { ForwardStatus } from '../../../shared/model/tunnel.ts';
import type { ForwardClient, ForwardRunner } from '../forward/forward-runner.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, toDisposable } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import type { Log } from '../log/log.ts';
import type { SshLink } from '../ssh/link.ts';
import {
  clientWaitMs,
  newSlot,
  sameForward,
  settleSlot,
  type Slot,
  statusOf,
  stoppedListening,
  tooSlow,
} from './forward-slot.ts';
import { exponentialDelayMs } from './retry-policy.ts';

export type CreateRunner = (spec: ForwardSpec, tunnel: TunnelConfig) => ForwardRunner;

export interface ForwardSetDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly createRunner: CreateRunner;
}

/** How the forwards stand together. */
export interface ForwardSummary {
  readonly enabled: number;
  readonly up: number;
  /** The first one in the order of the configuration that does not work. */
  readonly failure: HoldfastError | null;
}

/** Waits of one forward that failed while the others are up. */
const retryFirstMs = 1000;
const retryCapMs = 60_000;

/** What the set does with a forward that is added or switched on. */
type Mode =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open' }
  | { readonly kind: 'attached'; readonly link: SshLink };

/** The forwards of one tunnel. Each is switched, changed and retried alone. */
export class ForwardSet implements Disposable {
  readonly #deps: ForwardSetDeps;
  readonly #store = new DisposableStore();
  readonly #onDidChange = this.#store.add(new Emitter<void>());
  /** Something that `statuses` shows. */
  readonly onDidChange = this.#onDidChange.event;
  readonly #onDidKnock = this.#store.add(new Emitter<void>());
  readonly onDidKnock = this.#onDidKnock.event;
  readonly #onDidSettle = this.#store.add(new Emitter<void>());
  /** A forward came up or failed by itself, outside of `open` and `attach`: look at `summary`. */
  readonly onDidSettle = this.#onDidSettle.event;
  #tunnel: TunnelConfig;
  #slots: Slot[];
  #mode: Mode = { kind: 'closed' };
  #held = false;

  constructor(tunnel: TunnelConfig, deps: ForwardSetDeps) {
    this.#tunnel = tunnel;
    this.#deps = deps;
    this.#slots = tunnel.forwards.map((spec) => newSlot(spec));
  }

  get clients(): number {
    return this.#slots.reduce((sum, slot) => sum + (slot.runner?.clients ?? 0), 0);
  }

  get parked(): number {
    return this.#slots.reduce((sum, slot) => sum + (slot.runner?.parked ?? 0), 0);
  }

  summary(): ForwardSummary {
    const enabled = this.#slots.filter((slot) => slot.enabled);
    return {
      enabled: enabled.length,
      up: enabled.filter((slot) => slot.up).length,
      failure: enabled.find((slot) => slot.failure !== null)?.failure ?? null,
    };
  }

  /** Enabled forwards in the order of the configuration. */
  enabledSpecs(): readonly ForwardSpec[] {
    return this.#slots.filter((slot) => slot.enabled).map((slot) => slot.spec);
  }

  /** Clients of all forwards, live and waiting. */
  connections(): readonly (ForwardClient & { readonly spec: string })[] {
    return this.#slots.flatMap((slot) =>
      (slot.runner?.connections() ?? []).map((client) => ({ ...client, spec: slot.spec.spec })),
    );
  }

  statuses(): readonly ForwardStatus[] {
    return this.#slots.map((slot) => statusOf(slot, this.#mode.kind === 'closed'));
  }

  /** Binds all local listeners. Rejects with the first cause if not one of the forwards can work. */
  async open(): Promise<void> {
    this.#mode = { kind: 'open' };
    await Promise.all(this.#working().map((slot) => this.#open(slot)));
    const failures = this.#working().map((slot) => slot.failure);
    const first = failures.find((failure) => failure !== null);
    if (first && failures.every((failure) => failure !== null)) throw first;
  }

  /**
   * Lets clients through, and binds remote listeners. A forward that takes longer than `timeoutMs` counts as failed until it comes. Rejects with
   * the first cause if none is up.
   */
  async attach(link: SshLink, timeoutMs: number): Promise<void> {
    this.#mode = { kind: 'attached', link };
    await Promise.all(this.#working().map((slot) => this.#attach(slot, link, timeoutMs)));
    const { up, failure } = this.summary();
    if (up === 0 && failure) throw failure;
  }

  /** The link is gone, or given back. Does nothing to what was never attached, except that listeners without parking close. */
  detach(): void {
    if (this.#mode.kind !== 'closed') this.#mode = { kind: 'open' };
    for (const slot of this.#slots) {
      settleSlot(slot);
      slot.runner?.detach();
      if (slot.stale) this.#renew(slot);
    }
  }

  /** Closes everything. The listeners are closed when this returns. */
  close(): void {
    this.#mode = { kind: 'closed' };
    for (const slot of this.#slots) this.#drop(slot);
    this.#onDidChange.fire();
  }

  holdParked(held: boolean): void {
    this.#held = held;
    for (const slot of this.#slots) slot.runner?.holdParked(held);
  }

  releaseParked(): void {
    for (const slot of this.#slots) slot.runner?.releaseParked();
  }

  /** Failed forwards try again now. */
  retryNow(): void {
    for (const slot of this.#slots) if (slot.retry.value !== null) this.#work(slot);
  }

  /** False if there is no such forward. */
  setEnabled(spec: string, enabled: boolean): boolean {
    const slot = this.#slots.find((candidate) => candidate.spec.spec === spec);
    if (!slot) return false;
    if (slot.enabled === enabled) return true;
    slot.enabled = enabled;
    if (enabled) this.#work(slot);
    else this.#drop(slot);
    this.#changed();
    return true;
  }

  /**
   * Takes over another configuration: forwards that are the same stay untouched with their clients, others are closed and opened.
   * `keepLink` false: the link is about to change, so nothing new is bound to the present one. Returns true if a forward changed.
   */
  reconfigure(tunnel: TunnelConfig, keepLink: boolean): boolean {
    const settingsChanged = clientWaitMs(tunnel) !== clientWaitMs(this.#tunnel) || tunnel.host !== this.#tunnel.host;
    this.#tunnel = tunnel;
    const old = this.#slots;
    const added: Slot[] = [];
    this.#slots = tunnel.forwards.map((spec) => {
      const known = old.find((slot) => slot.spec.spec === spec.spec);
      if (known && sameForward(known.spec, spec)) {
        known.spec = spec;
        return known;
      }
      const slot = newSlot(spec);
      added.push(slot);
      return slot;
    });
    const removed = old.filter((slot) => !this.#slots.includes(slot));
    // First all that goes: a new forward may take its port.
    for (const slot of removed) this.#drop(slot);
    if (settingsChanged) {
      for (const slot of this.#slots) {
        if (!slot.runner || added.includes(slot)) continue;
        slot.stale = true;
        if (slot.runner.clients + slot.runner.parked === 0 && keepLink) this.#renew(slot);
      }
    }
    if (keepLink) for (const slot of added) if (slot.enabled) this.#work(slot);
    if (added.length + removed.length > 0) this.#changed();
    return added.length + removed.length > 0;
  }

  dispose(): void {
    this.close();
    this.#store.dispose();
  }

  #working(): readonly Slot[] {
    return this.#slots.filter((slot) => slot.enabled);
  }

  /** Does for one forward what the set's mode asks for. */
  #work(slot: Slot): void {
    slot.retry.clear();
    const mode = this.#mode;
    if (mode.kind === 'closed' || !slot.enabled) return;
    void (mode.kind === 'open' ? this.#open(slot) : this.#attach(slot, mode.link, 0)).then(() => this.#changed());
  }

  async #open(slot: Slot): Promise<void> {
    const runner = this.#runnerOf(slot);
    const work = this.#begin(slot);
    try {
      await runner.open();
      if (work === slot.work) slot.failure = null;
    } catch (thrown) {
      this.#failed(slot, work, thrown);
    }
  }

  async #attach(slot: Slot, link: SshLink, timeoutMs: number): Promise<void> {
    const runner = this.#runnerOf(slot);
    const work = this.#begin(slot);
    let late = false;
    const done = runner.attach(link).then(
      () => {
        if (work !== slot.work) return;
        slot.up = true;
        slot.failures = 0;
        slot.failure = null;
      },
      (thrown: unknown) => this.#failed(slot, work, thrown),
    );
    if (timeoutMs <= 0) return done;
    await Promise.race([
      done,
      new Promise<void>((resolve) => {
        const timer = this.#deps.clock.schedule(timeoutMs, () => {
          late = true;
          if (work === slot.work) slot.failure = tooSlow(slot.spec.spec, timeoutMs);
          slot.limit.clear();
        });
        // Whoever waits goes on when the work is given up, too.
        slot.limit.value = toDisposable(() => {
          timer.dispose();
          resolve();
        });
      }),
    ]);
    if (work === slot.work) slot.limit.clear();
    if (late) void done.then(() => this.#changed());
  }

  #begin(slot: Slot): number {
    slot.retry.clear();
    slot.work += 1;
    slot.up = false;
    return slot.work;
  }

  #failed(slot: Slot, work: number, thrown: unknown): void {
    if (work !== slot.work) return;
    const error = asHoldfastError(thrown, slot.spec.spec);
    slot.up = false;
    slot.failure = error;
    slot.failures += 1;
    this.#deps.log.info(`the forward ${slot.spec.spec} does not work: ${error.message}`, { code: error.code });
    if (error.retry === 'person') return;
    const delayMs = exponentialDelayMs(slot.failures, this.#deps.random(), retryFirstMs, retryCapMs);
    slot.retry.value = this.#deps.clock.schedule(delayMs, () => this.#work(slot));
  }

  #runnerOf(slot: Slot): ForwardRunner {
    if (slot.runner) return slot.runner;
    const spec: ForwardSpec = slot.spec.enabled ? slot.spec : { ...slot.spec, enabled: true };
    const runner = slot.store.add(this.#deps.createRunner(spec, this.#tunnel));
    slot.runner = runner;
    slot.stale = false;
    if (this.#held) runner.holdParked(true);
    slot.store.add(runner.onDidKnock(() => this.#onDidKnock.fire()));
    slot.store.add(runner.onDidChange(() => this.#onDidChange.fire()));
    slot.store.add(
      runner.onDidFail(() => {
        if (this.#mode.kind === 'closed') return;
        const cause = runner.status().cause;
        this.#failed(slot, slot.work, cause ? new HoldfastError(cause) : stoppedListening(slot.spec.spec));
        this.#changed();
      }),
    );
    return runner;
  }

  /** A new runner with the present settings. */
  #renew(slot: Slot): void {
    this.#drop(slot);
    this.#work(slot);
  }

  #drop(slot: Slot): void {
    settleSlot(slot);
    slot.failures = 0;
    slot.stale = false;
    if (!slot.runner) return;
    const runner = slot.runner;
    slot.runner = null;
    slot.store.dispose();
    slot.store = new DisposableStore();
    // Closing it ended its clients, so the counters are final.
    const { bytesIn, bytesOut } = runner.status();
    slot.bytesIn += bytesIn;
    slot.bytesOut += bytesOut;
  }

  #changed(): void {
    this.#onDidChange.fire();
    this.#onDidSettle.fire();
  }
}
