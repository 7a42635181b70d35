import type { CallOutput } from '../../../shared/contract/calls.ts';
import type { ConfigValue } from '../../../shared/contract/editing-calls.ts';
import type { HoldfastConfig, TunnelConfig } from '../../../shared/model/config.ts';
import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import { inEnglish } from '../../../shared/i18n/sentences/index.ts';
import { file as files } from '../../../shared/i18n/sentences/file.ts';
import { writePlaceOf } from '../lifecycle/file-trust.ts';
import { isLoopback } from './cross-checks.ts';
import { formatEndpoint, formatListen } from './forward-spec.ts';
import { readConfigFile } from './load.ts';
import { configJsonSchema } from './schema-json.ts';
import { parseToml, toPlain } from './toml-tree.ts';

type ConfigView = CallOutput<'config.view'>;
type Values = Readonly<Record<string, ConfigValue>>;

/** The defaults of every section in the file's own spelling, from the schema. */
const defaults = readDefaults();

function readDefaults(): { readonly hosts: Values; readonly tunnels: Values; readonly settings: Values } {
  const properties = asRecord(asRecord(JSON.parse(configJsonSchema()))['properties']);
  const of = (section: unknown): Values => {
    const found: Record<string, ConfigValue> = {};
    for (const [key, schema] of Object.entries(asRecord(asRecord(section)['properties']))) {
      const value = asValue(asRecord(schema)['default']);
      if (value !== null) found[key] = value;
    }
    return found;
  };
  return {
    hosts: of(asRecord(properties['hosts'])['additionalProperties']),
    tunnels: of(asRecord(properties['tunnels'])['additionalProperties']),
    settings: of(properties['settings']),
  };
}

/** The configuration for pages and editor: what the file says, and what follows from it. `config` is the one that runs. */
export async function viewConfig(file: string, config: HoldfastConfig, problem: string | null): Promise<ConfigView> {
  const read = await readConfigFile(file);
  const parsed = read.kind === 'read' ? parseToml(read.text) : null;
  const root = parsed && 'document' in parsed ? asRecord(toPlain(parsed.document.root)) : {};
  const [hosts, tunnels, settings] = [asRecord(root['hosts']), asRecord(root['tunnels']), asRecord(root['settings'])];
  return {
    file,
    readOnlyReason: await readOnlyReason(file),
    problem,
    hosts: [...config.hosts.values()].map((host) => ({
      name: host.name,
      values: asValues(hosts[host.name]),
      effective: { ...defaults.hosts, user: host.user, ...asValues(hosts[host.name]) },
    })),
    tunnels: [...config.tunnels.values()].map((tunnel) => viewTunnel(tunnel, asValues(tunnels[tunnel.name]))),
    settings: { values: asValues(settings), effective: { ...defaults.settings, ...asValues(settings) } },
  };
}

function viewTunnel(tunnel: TunnelConfig, values: Values): ConfigView['tunnels'][number] {
  const { forwards } = tunnel;
  return {
    name: tunnel.name,
    host: tunnel.host,
    group: tunnel.group,
    values,
    effective: { ...defaults.tunnels, ...values },
    forwards: forwards.map(viewForward),
  };
}

function viewForward(forward: ForwardSpec): ConfigView['tunnels'][number]['forwards'][number] {
  return {
    spec: forward.spec,
    kind: forward.kind,
    listen: formatListen(forward.listen),
    target: 'target' in forward ? formatEndpoint(forward.target) : null,
    name: forward.name,
    enabled: forward.enabled,
    beyondLoopback: forward.listen.kind === 'tcp' && !isLoopback(forward.listen.host),
  };
}

async function readOnlyReason(file: string): Promise<string | null> {
  // What cannot be looked at is the problem of whoever reads it.
  const place = await writePlaceOf(file).catch(() => null);
  if (place?.kind !== 'refused') return null;
  return inEnglish(files.leadsElsewhere({ path: file, realPath: place.realPath, why: place.why }));
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Plain values only: no null (a key that is not set), nothing that TOML or JSON could not carry. */
function asValues(value: unknown): Values {
  const values: Record<string, ConfigValue> = {};
  for (const [key, item] of Object.entries(asRecord(value))) {
    const plain = asValue(item);
    if (plain !== null) values[key] = plain;
  }
  return values;
}

function asValue(value: unknown): ConfigValue | null {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.flatMap((item) => asValue(item) ?? []);
  if (typeof value === 'object' && value !== null) return asValues(value);
  return null;
}
