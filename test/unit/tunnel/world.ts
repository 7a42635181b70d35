import type { HostConfig, TunnelConfig } from '../../../src/shared/model/config.ts';
import type { TunnelStateKind } from '../../../src/shared/model/tunnel.ts';
import { DisposableStore } from '../../../src/main/engine/lifecycle/disposable.ts';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import { createConnectionPool } from '../../../src/main/engine/pool/connection-pool.ts';
import type { ConnectionPool } from '../../../src/main/engine/pool/pool.ts';
import { TunnelSupervisor } from '../../../src/main/engine/tunnel/supervisor.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeConnector, type FakeLink, hostNamed } from '../pool/fakes.ts';
import { FakeRunner, RecordingLog, tunnelConfig } from './fakes.ts';

/** One tunnel in its world, with all that it did. */
export interface Watched {
  readonly supervisor: TunnelSupervisor;
  /** Runners in order of their making, also those that are gone. */
  readonly runners: FakeRunner[];
  readonly states: TunnelStateKind[];
  readonly causes: (string | null)[];
  readonly probes: (number | null)[];
  readonly log: RecordingLog;
  readonly runner: (index?: number) => FakeRunner;
}

/** Real supervisors and the real pool under a fake clock, over a fake connector and fake runners. */
export class World {
  readonly clock = new FakeClock();
  readonly connector = new FakeConnector();
  readonly store = new DisposableStore();
  readonly pool: ConnectionPool;
  /** What `random` gives next; the last one stays. */
  jitters: number[] = [0.5];
  /** Called for each new runner. */
  prepare: (runner: FakeRunner) => void = () => {};

  constructor(options: { idleMs?: number; maxLifetimeMs?: number } = {}) {
    this.pool = createConnectionPool({
      connector: this.connector,
      clock: this.clock,
      log: silentLog,
      random: this.random,
      idleMs: options.idleMs ?? 60_000,
      maxLifetimeMs: options.maxLifetimeMs ?? 0,
    });
  }

  readonly random = (): number => {
    const [next = 0.5, ...rest] = this.jitters;
    if (rest.length > 0) this.jitters = rest;
    return next;
  };

  tunnel(changes: Partial<TunnelConfig> = {}, chain: readonly HostConfig[] = [hostNamed('web')]): Watched {
    const runners: FakeRunner[] = [];
    const log = new RecordingLog();
    const supervisor = this.store.add(
      new TunnelSupervisor({
        config: tunnelConfig(changes),
        chain,
        pool: this.pool,
        clock: this.clock,
        log,
        random: this.random,
        createRunner: (spec, tunnel) => {
          const runner = new FakeRunner(spec, tunnel);
          runners.push(runner);
          this.prepare(runner);
          return runner;
        },
      }),
    );
    const states: TunnelStateKind[] = [];
    const causes: (string | null)[] = [];
    const probes: (number | null)[] = [];
    this.store.add(
      supervisor.onDidTransition(({ to, cause }) => {
        states.push(to.kind);
        causes.push(cause?.code ?? null);
      }),
    );
    this.store.add(supervisor.onDidProbe(({ ms }) => probes.push(ms)));
    return {
      supervisor,
      runners,
      states,
      causes,
      probes,
      log,
      runner: (index = 0) => {
        const runner = runners.at(index);
        if (!runner) throw new Error(`there is no runner ${index}`);
        return runner;
      },
    };
  }

  /** Brings a tunnel to RUNNING over a new link. */
  async running(
    changes: Partial<TunnelConfig> = {},
    chain?: readonly HostConfig[],
  ): Promise<Watched & { link: FakeLink }> {
    const tunnel = this.tunnel(changes, chain);
    tunnel.supervisor.up('person');
    await settle();
    const link = this.connector.call(-1).succeed();
    await settle();
    return { ...tunnel, link };
  }

  dispose(): void {
    this.store.dispose();
    this.pool.dispose();
  }
}
