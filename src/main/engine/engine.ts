import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import type { ContractApi } from '../../shared/contract/calls.ts';
import type { HoldfastConfig } from '../../shared/model/config.ts';
import { version } from '../../shared/version.ts';
import { describeProblems } from './config/problem.ts';
import { ConfigWatcher } from './config/watch.ts';
import type { Profile } from './config/paths.ts';
import { readPanelFiles } from './control/panel-files.ts';
import { PanelServer } from './control/panel-server.ts';
import { ControlServer } from './control/control-server.ts';
import { EngineLock } from './control/engine-lock.ts';
import { PortSession } from './control/port-session.ts';
import { createApi } from './engine-api.ts';
import { emptyConfig, keepLastGood, startConfig } from './engine-config.ts';
import { EngineEvents } from './engine-events.ts';
import { createForwardRunner } from './forward/create-forward-runner.ts';
import { PortRegistry } from './forward/port-registry.ts';
import { History } from './history/history.ts';
import { ChangedKeys } from './host-keys/changed-keys.ts';
import { TrustRecord } from './host-keys/trust-record.ts';
import { createHostKeyTrust } from './host-keys/host-key-trust.ts';
import { type Clock, systemClock } from './lifecycle/clock.ts';
import { DisposableStore } from './lifecycle/disposable.ts';
import { openStateFolder } from './lifecycle/state-folder.ts';
import { createLogStore, type LogStore } from './log/log-store.ts';
import { createConnectionPool } from './pool/connection-pool.ts';
import type { ConnectionPool } from './pool/pool.ts';
import { PromptBroker } from './prompts/broker.ts';
import { type EngineSecrets, openSecretStore } from './secrets/open-secret-store.ts';
import { createAuthenticator } from './ssh/machine-authenticator.ts';
import { createConnector } from './ssh/connect.ts';
import { KeyRecord } from './ssh/key-record.ts';
import { cryptoPath } from './ssh/ssh2-seam.ts';
import { clientWaitMs } from './tunnel/forward-slot.ts';
import { TunnelSet } from './tunnel-set.ts';
import type { TunnelSupervisor } from './tunnel/supervisor.ts';
import { WakeWatch } from './wake-watch.ts';

/**
 * engine: everything that keeps tunnels up, without a shell. This file puts the parts together; what each does stands in its folder.
 *
 * - engine.ts, engine-thread.ts, fault-guard.ts   the composition root, its thread, and what happens to faults there
 * - engine-api.ts, engine-parts.ts, engine-events.ts, engine-config.ts, tunnel-set.ts, wake-watch.ts   what joins the folders
 * - config, host-keys, secrets, ssh, pool, forward, tunnel, prompts, control, log, history, lifecycle
 */

export interface EngineOptions {
  readonly profile: Profile;
  /** Log lines go to standard error too. */
  readonly logToStderr: boolean;
  /** Starts without a configuration too, with no tunnel. */
  readonly mayBeMissing: boolean;
  /** A shell asked for the end. */
  readonly onShutdown: () => void;
  readonly clock?: Clock;
}

/** After wake-up or a network change every link proves within this that it still answers (acceptance: 10 s after resume all is known). */
const verifyWithinMs = 5000;

/** One engine on one profile. `start` once, `stop` once. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #clock: Clock;
  readonly #store = new DisposableStore();
  readonly #probes = new Map<string, { readonly ms: number | null; readonly atMs: number }>();
  #configProblem: string | null = null;
  #logs: LogStore | null = null;
  #history: History | null = null;
  #trustRecord: TrustRecord | null = null;
  #keyRecord: KeyRecord | null = null;
  #tunnels: TunnelSet | null = null;
  #served: { readonly api: ContractApi; readonly events: EngineEvents } | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Opens the state folder, reads the configuration, takes the profile's lock, answers at the control socket, then starts tunnels. Resolves when the socket answers.
   * Rejects with `state-folder`, `config`, `already-running`, and whatever keeps the socket from opening.
   */
  async start(): Promise<void> {
    const { profile } = this.#options;
    const clock = this.#clock;
    // First: the last good configuration in it is believed.
    await openStateFolder(profile.stateFolder);
    const { config, problem } = await startConfig(profile, this.#options.mayBeMissing);
    this.#configProblem = problem;
    this.#store.add(await EngineLock.acquire(profile));

    const logs = this.#openLogs(config);
    const log = logs.root;
    log.info('The engine starts', {
      version,
      node: process.version,
      crypto: cryptoPath(),
      config: profile.configFile,
      tunnels: config.tunnels.size,
    });
    if (problem) log.error('The configuration is broken; the last good one runs', { problem });

    const history = this.#store.add(await History.open({ folder: profile.stateFolder, clock, log }));
    this.#history = history;
    const secrets = this.#store.add(
      openSecretStore({ settings: config.settings, profile, log, clock, hide: (secret) => logs.hide(secret) }),
    );
    const broker = this.#store.add(new PromptBroker(clock, logs));
    const changedKeys = new ChangedKeys();
    const trustRecord = await TrustRecord.open({ folder: profile.stateFolder, clock, log });
    this.#trustRecord = trustRecord;
    const trust = createHostKeyTrust({ clock, log, changedKeys, record: trustRecord });
    const memory = await KeyRecord.open({ folder: profile.stateFolder, clock, log });
    this.#keyRecord = memory;
    const authenticator = this.#store.add(createAuthenticator({ clock, secrets, log, memory }));
    const connector = createConnector({
      clock,
      trust,
      authenticator,
      prompts: broker,
      log,
      redact: (text) => logs.redact(text),
    });
    const { poolIdleMs, poolMaxLifetimeMs } = config.settings;
    const pool = this.#store.add(
      createConnectionPool({
        connector,
        clock,
        log,
        random: Math.random,
        idleMs: poolIdleMs,
        maxLifetimeMs: poolMaxLifetimeMs,
      }),
    );
    const registry = new PortRegistry();
    const tunnels = this.#store.add(
      new TunnelSet(
        {
          pool,
          clock,
          log,
          random: Math.random,
          createRunner: (spec, tunnel) =>
            createForwardRunner(spec, {
              clock,
              log: log.child({ tunnel: tunnel.name }),
              tunnel: tunnel.name,
              parkMs: clientWaitMs(tunnel),
              registry,
              host: tunnel.host,
            }),
        },
        emptyConfig(profile),
      ),
    );
    this.#tunnels = tunnels;

    const events = this.#store.add(new EngineEvents(clock, (name) => tunnels.get(name)?.status() ?? null));
    this.#connectEvents(events, tunnels, broker, logs, history);
    const watcher = this.#store.add(new ConfigWatcher({ file: profile.configFile, clock }));
    const wake = (reason: 'resume' | 'network' | 'person'): void => this.#wake(reason, pool, tunnels, logs);
    let panel: Promise<PanelServer> | null = null;
    const api: ContractApi = createApi({
      panelLink: async (port) => {
        const wanted = port ?? 0;
        const opening = (panel ??= this.#openPanel({ api, events, logs, registry, port: wanted }));
        // One that could not be opened is tried again by the next who asks.
        opening.catch(() => {
          if (panel === opening) panel = null;
        });
        return (await opening).link(wanted);
      },
      profile,
      startedAtMs: clock.wallNow(),
      tunnels,
      broker,
      pool,
      logs,
      history,
      secrets,
      changedKeys,
      trustRecord,
      ports: registry,
      probes: this.#probes,
      events,
      configProblem: () => this.#configProblem,
      reload: () => watcher.reloadNow(),
      wake,
      lock: () => {
        secrets.lock();
        authenticator.forgetKeys();
        log.info('Typed secrets and unlocked keys are forgotten');
      },
      shutdown: () => this.#options.onShutdown(),
    });
    this.#served = { api, events };
    const control = this.#store.add(new ControlServer({ api, events: events.event, profile, log, clock }));
    await control.start();
    this.#store.add(registry.reserve({ kind: 'unix', path: profile.socketPath }));

    // Before the tunnels start, so that nothing in between is missed.
    this.#followConfig({ watcher, tunnels, events, secrets, logs, pool });
    if (!problem) await keepLastGood(profile, log);
    this.#startTunnels(tunnels.apply(config), tunnels, history);
    const wakeWatch = this.#store.add(new WakeWatch(clock));
    wakeWatch.onDidSleep((span) => history.recordSleep(span));
    wakeWatch.onDidWake(wake);
  }

  /** Speaks the contract with the shell of this process behind `port`, which is ours from here on. Closes it unless the engine is started. */
  attach(port: MessagePort): void {
    const [served, log] = [this.#served, this.#logs?.root];
    if (served === null || log === undefined) {
      port.close();
      return;
    }
    const { api, events } = served;
    this.#store.add(new PortSession({ port, api, events: events.event, log: log.child({ part: 'shell' }) }));
  }

  /** Something was thrown that nobody caught. It is a bug, but the tunnels do not go for it. */
  noteFault(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const log = this.#logs?.root;
    if (log) log.error('An internal fault; the engine goes on. Please report it', { error, stack: error.stack ?? '' });
    else process.stderr.write(`holdfast: an internal fault: ${error.stack ?? error.message}\n`);
  }

  /** Ends everything in order: tunnels, links, control socket, files. Never rejects. */
  async stop(): Promise<void> {
    this.#logs?.root.info('The engine ends');
    try {
      this.#tunnels?.dispose();
      await Promise.all([this.#history?.flush(), this.#trustRecord?.flush(), this.#keyRecord?.flush()]);
    } catch (error) {
      this.#logs?.root.error('Something kept the engine from ending cleanly', { error });
    }
    await this.#logs?.flush();
    this.#store.dispose();
  }

  /** Serves the built pages that lie beside the running bundle. */
  async #openPanel(parts: {
    readonly api: ContractApi;
    readonly events: EngineEvents;
    readonly logs: LogStore;
    readonly registry: PortRegistry;
    readonly port: number;
  }): Promise<PanelServer> {
    const { api, events, logs, registry, port } = parts;
    const files = await readPanelFiles(fileURLToPath(new URL('./renderer', import.meta.url)));
    const panel = this.#store.add(
      new PanelServer({ api, events: events.event, files, log: logs.root, clock: this.#clock }),
    );
    await panel.start(port);
    this.#store.add(registry.reserve({ kind: 'tcp', address: '127.0.0.1', port: panel.port }));
    return panel;
  }

  #openLogs(config: HoldfastConfig): LogStore {
    const { logLevel, logMaxBytes, logFiles } = config.settings;
    const logs = this.#store.add(
      createLogStore({
        folder: this.#options.profile.logFolder,
        level: logLevel,
        maxBytes: logMaxBytes,
        files: logFiles,
        clock: this.#clock,
      }),
    );
    this.#logs = logs;
    if (this.#options.logToStderr) {
      this.#store.add(
        logs.onDidWrite((line) => {
          process.stderr.write(
            `${new Date(line.atMs).toISOString()} ${line.level} ${line.tunnel ?? '-'} ${line.message} ${JSON.stringify(line.fields)}\n`,
          );
        }),
      );
    }
    return logs;
  }

  #connectEvents(
    events: EngineEvents,
    tunnels: TunnelSet,
    broker: PromptBroker,
    logs: LogStore,
    history: History,
  ): void {
    const store = this.#store;
    store.add(tunnels.onDidChange((name) => events.tunnelChanged(name)));
    store.add(tunnels.onDidAdd((supervisor) => history.follow(supervisor)));
    store.add(tunnels.onDidProbe(({ name, ms }) => this.#probes.set(name, { ms, atMs: this.#clock.wallNow() })));
    store.add(tunnels.onDidRename(({ from, to }) => history.rename(from, to)));
    store.add(
      tunnels.onDidRemove((name) => {
        history.forget(name);
        this.#probes.delete(name);
        events.tunnelChanged(name);
      }),
    );
    store.add(broker.onDidOpen((prompt) => events.tell({ kind: 'prompt-opened', prompt })));
    store.add(broker.onDidClose(({ id, end }) => events.tell({ kind: 'prompt-closed', id, end })));
    store.add(logs.onDidWrite((line) => events.tell({ kind: 'log', line })));
  }

  #followConfig(parts: {
    readonly watcher: ConfigWatcher;
    readonly tunnels: TunnelSet;
    readonly events: EngineEvents;
    readonly secrets: EngineSecrets;
    readonly logs: LogStore;
    readonly pool: ConnectionPool;
  }): void {
    const { watcher, tunnels, events, secrets, logs, pool } = parts;
    const { profile } = this.#options;
    const told = (problem: string | null): void => {
      this.#configProblem = problem;
      events.tell({ kind: 'config', problem });
    };
    this.#store.add(
      watcher.onDidLoad(({ config, warnings }) => {
        logs.root.info('The configuration was read', {
          tunnels: config.tunnels.size,
          warnings: warnings.map((warning) => warning.message),
        });
        const { settings } = config;
        logs.setLevel(settings.logLevel);
        logs.setLimits({ maxBytes: settings.logMaxBytes, files: settings.logFiles });
        pool.configure({ idleMs: settings.poolIdleMs, maxLifetimeMs: settings.poolMaxLifetimeMs });
        secrets.applySettings(settings);
        const added = tunnels.apply(config);
        if (this.#history) this.#startTunnels(added, tunnels, this.#history);
        told(null);
        void keepLastGood(profile, logs.root);
      }),
    );
    this.#store.add(
      watcher.onDidFail((problems) => {
        const text = describeProblems(profile.configFile, problems);
        logs.root.error('The configuration is broken; the last good one keeps running', { problem: text });
        told(text);
      }),
    );
  }

  /** New tunnels start as configured, and those that a person had up when the last engine ended. */
  #startTunnels(names: readonly string[], tunnels: TunnelSet, history: History): void {
    const wanted = new Set(history.wanted());
    for (const name of names) {
      const supervisor: TunnelSupervisor | null = tunnels.get(name);
      const start = tunnels.config.tunnels.get(name)?.start;
      if (supervisor && (start === 'login' || start === 'demand' || wanted.has(name))) supervisor.up('login');
    }
  }

  #wake(reason: 'resume' | 'network' | 'person', pool: ConnectionPool, tunnels: TunnelSet, logs: LogStore): void {
    logs.root.info('Links are checked and waits are skipped', { reason });
    pool.verifyAll(verifyWithinMs);
    for (const supervisor of tunnels.all()) supervisor.wake();
  }
}
