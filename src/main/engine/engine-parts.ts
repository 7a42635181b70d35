import type { Profile } from './config/paths.ts';
import type { EngineEvents } from './engine-events.ts';
import type { PortRegistry } from './forward/port-registry.ts';
import type { History } from './history/history.ts';
import type { ChangedKeys } from './host-keys/changed-keys.ts';
import type { TrustRecord } from './host-keys/trust-record.ts';
import type { LogStore } from './log/log-store.ts';
import type { ConnectionPool } from './pool/pool.ts';
import type { PromptBroker } from './prompts/broker.ts';
import type { EngineSecrets } from './secrets/open-secret-store.ts';
import type { TunnelSet } from './tunnel-set.ts';

/** The engine's parts that the calls work on. */
export interface EngineParts {
  readonly profile: Profile;
  readonly startedAtMs: number;
  readonly tunnels: TunnelSet;
  readonly broker: PromptBroker;
  readonly pool: ConnectionPool;
  readonly logs: LogStore;
  readonly history: History;
  readonly secrets: EngineSecrets;
  readonly changedKeys: ChangedKeys;
  readonly trustRecord: TrustRecord;
  /** Which tunnel listens where on this machine. */
  readonly ports: PortRegistry;
  /** The last probe of each tunnel; `ms` null if it failed. Wall clock. */
  readonly probes: ReadonlyMap<string, { readonly ms: number | null; readonly atMs: number }>;
  readonly events: EngineEvents;
  /** What is wrong with the configuration file now, null if it is good. */
  readonly configProblem: () => string | null;
  readonly reload: () => Promise<string | null>;
  readonly panelLink: (port: number | null) => Promise<string>;
  readonly wake: (reason: 'resume' | 'network' | 'person') => void;
  /** Forgets what was typed and unlocked. */
  readonly lock: () => void;
  readonly shutdown: () => void;
}
