import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CallOutput, ContractApi } from '../../shared/contract/calls.ts';
import type { ConfigEdit } from '../../shared/contract/editing-calls.ts';
import type { HoldfastConfig } from '../../shared/model/config.ts';
import { asHoldfastError, HoldfastError } from '../../shared/model/failure.ts';
import { previewEdits, saveEdits } from './config/config-edits.ts';
import { viewConfig } from './config/config-view.ts';
import { diffConfig } from './config/diff.ts';
import { parseForwardSpec } from './config/forward-spec.ts';
import type { EngineParts } from './engine-parts.ts';
import { findClientPrograms } from './forward/client-programs.ts';
import { bindListener } from './forward/listener.ts';
import type { PortRegistry } from './forward/port-registry.ts';
import { Turns } from './lifecycle/turns.ts';
import { listKnownHosts, removeKnownHost } from './host-keys/known-hosts-edit.ts';
import { knownHostsPlaces } from './host-keys/known-hosts-places.ts';
import { replaceHostKey } from './host-keys/replace-host-key.ts';
import { formatSshCommand, parseSshCommand } from './interop/ssh-command.ts';
import { importSshConfig } from './interop/ssh-config-import.ts';
import { listSshConfig } from './interop/ssh-config-list.ts';
import { tunnelDetail } from './tunnel-detail.ts';
import { testTunnel, TunnelTests } from './tunnel-test.ts';
import { noSuchTunnel, type Renaming } from './tunnel-set.ts';

type Usage = CallOutput<'config.edit'>['inUse'][number];

type EditingCall =
  | 'config.view'
  | 'config.edit'
  | 'tunnel.detail'
  | 'tunnel.test'
  | 'ssh-command.parse'
  | 'ssh-command.format'
  | 'ssh-config.list'
  | 'ssh-config.import'
  | 'port.check'
  | 'known-hosts.list'
  | 'known-hosts.remove'
  | 'host-key.changed'
  | 'host-key.replace'
  | 'connection.close';

/** The calls behind the window's editor and pages. */
export function createEditingApi(parts: EngineParts): Pick<ContractApi<AbortSignal>, EditingCall> {
  const { tunnels, profile } = parts;
  const tests = new TunnelTests();
  /** Edits parse whole configurations: one request at a time, however many shells ask. */
  const editing = new Turns();
  const preview = (edits: readonly unknown[], signal?: AbortSignal) =>
    editing.take(() => {
      signal?.throwIfAborted();
      return previewEdits(profile.configFile, edits as readonly ConfigEdit[], signal);
    });

  /** Clients that an edit would cut off, and those of the same tunnels that stay. */
  async function usage(next: HoldfastConfig) {
    const diff = diffConfig(tunnels.config, next);
    const [inUse, kept]: [Usage[], Usage[]] = [[], []];
    const take = async (name: string, ends: (spec: string) => boolean): Promise<void> => {
      const clients = tunnels.get(name)?.connections() ?? [];
      const programs = await findClientPrograms(new Set(clients.flatMap((client) => client.peerPort ?? [])));
      for (const spec of new Set(clients.map((client) => client.spec))) {
        const own = clients.filter((client) => client.spec === spec);
        const names = own.flatMap((client) => programs.get(client.peerPort ?? -1)?.program ?? []);
        const row = { tunnel: name, spec, clients: own.length, programs: [...new Set(names)] };
        (ends(spec) ? inUse : kept).push(row);
      }
    };
    for (const name of diff.tunnels.removed) await take(name, () => true);
    for (const change of diff.tunnels.changed) {
      const before = [...change.removedForwards, ...change.changedForwards.map((changed) => changed.before)];
      const specs = new Set(before.map((forward) => forward.spec));
      await take(change.name, (spec) => change.hostChanged || specs.has(spec));
    }
    return { inUse, kept };
  }

  const places = () => knownHostsPlaces([...tunnels.config.hosts.values()]);
  /** Only the first file of a host is ever written. */
  const mayReplace = ({ hop, file }: { readonly hop: string; readonly file: string }): boolean =>
    tunnels.config.hosts.get(hop)?.knownHosts[0] === file;

  return {
    'config.view': () => viewConfig(profile.configFile, tunnels.config, parts.configProblem()),
    'config.edit': async ({ edits, dryRun }, signal) => {
      // Who asked for a save may go: it is made.
      const edited = await preview(edits, dryRun ? signal : undefined);
      if (edited.kind === 'bad') return { problems: edited.problems, warnings: [], inUse: [], kept: [], saved: false };
      const concerned = await usage(edited.config);
      if (!dryRun) {
        // Before the file is written: its watcher may be faster than the reload.
        const expected = tunnels.expectRenames(renamesIn(edits as readonly ConfigEdit[]));
        try {
          await editing.take(() => saveEdits(profile.configFile, edits as readonly ConfigEdit[], edited));
          await parts.reload();
        } finally {
          expected.dispose();
        }
      }
      return { problems: [], warnings: edited.warnings, ...concerned, saved: !dryRun };
    },
    'tunnel.detail': ({ name }) => tunnelDetail(parts, name),
    'tunnel.test': ({ tunnel, edits }, signal) =>
      tests.run(tunnel, async () => {
        const edited = await preview(edits, signal);
        if (edited.kind === 'bad') throw badEdit(profile.configFile, edited.problems[0]?.message ?? 'it is broken');
        return { steps: await testTunnel(parts, edited.config, tunnel, signal) };
      }),
    'ssh-command.parse': async ({ text }) => parseSshCommand(text, { config: tunnels.config, home: homedir() }),
    'ssh-command.format': async ({ tunnel }) => {
      const config = tunnels.config.tunnels.get(tunnel);
      if (!config) throw noSuchTunnel(tunnel);
      return { text: formatSshCommand(config, tunnels.config) };
    },
    'ssh-config.list': async () => {
      const { file, runsCommands, aliases } = await listSshConfig(sshConfigFile());
      return { file, runsCommands, hosts: aliases.map((alias) => ({ alias, known: tunnels.config.hosts.has(alias) })) };
    },
    'ssh-config.import': ({ aliases, mayRunCommands }, signal) =>
      importSshConfig(aliases, { file: sshConfigFile(), config: tunnels.config, mayRunCommands, signal }),
    'port.check': async ({ listen }) => checkPort(listen, parts.ports),
    'known-hosts.list': async ({ find }) => {
      const { files, written } = places();
      const name = find?.trim() ?? '';
      return (await listKnownHosts(files, name === '' ? [] : [name])).flatMap((entry) => {
        if (entry.keyType === null || entry.fingerprint === null) return [];
        const isNamed = entry.hashed ? entry.names === name : !/[*?!]/.test(entry.names);
        return {
          names: entry.names,
          hashed: entry.hashed,
          marker: entry.marker === 'none' ? null : entry.marker,
          keyType: entry.keyType,
          fingerprint: entry.fingerprint,
          file: entry.file,
          line: entry.line,
          removable: written.includes(entry.file) && entry.marker === 'none' && isNamed,
        };
      });
    },
    'known-hosts.remove': async ({ file, name }) => {
      // Only files of the configuration, and of those only the ones that we ever write.
      if (!places().written.includes(file)) throw notOurs(file);
      return { removed: (await removeKnownHost(file, name)).length };
    },
    'host-key.changed': async () =>
      parts.changedKeys.list().map(({ shownBlob: _blob, hashed: _hashed, ...changed }) => ({
        ...changed,
        replaceable: mayReplace(changed),
        tunnels: tunnels.all().flatMap((supervisor) => {
          const isHeldBack = supervisor.status().wanted;
          return isHeldBack && usesHop(tunnels.config, supervisor.config.host, changed.hop)
            ? supervisor.config.name
            : [];
        }),
      })),
    'host-key.replace': async ({ lookupName, fingerprint }) => {
      const changed = parts.changedKeys.get(lookupName);
      if (!changed)
        throw new HoldfastError({
          code: 'not-found',
          where: lookupName,
          message: `No changed key of ${lookupName} waits for a decision.`,
          next: 'Connect again; if the key still differs, it is shown again.',
        });
      if (!mayReplace(changed)) throw notOurs(changed.file);
      await replaceHostKey(changed, fingerprint);
      if (!changed.hashed) parts.trustRecord.trusted(lookupName, changed.shown.fingerprint);
      parts.changedKeys.forget(lookupName);
      for (const supervisor of tunnels.all()) {
        const { wanted, state } = supervisor.status();
        if (wanted && state.kind === 'dead' && usesHop(tunnels.config, supervisor.config.host, changed.hop))
          supervisor.restart();
      }
      return {};
    },
    'connection.close': async ({ id }) => {
      if (!parts.pool.close(id))
        throw new HoldfastError({
          code: 'not-found',
          where: `login ${id}`,
          message: 'That login is not open any more.',
          next: 'Nothing is left to do.',
        });
      return {};
    },
  };
}

/** The renamings of all edits together, also by way of names in between. */
function renamesIn(edits: readonly ConfigEdit[]): readonly Renaming[] {
  const first = new Map<string, string>();
  for (const edit of edits) {
    if (edit.op !== 'rename-tunnel') continue;
    const from = first.get(edit.name) ?? edit.name;
    first.delete(edit.name);
    first.set(edit.to, from);
  }
  return [...first].map(([to, from]) => ({ from, to }));
}

function sshConfigFile(): string {
  return join(homedir(), '.ssh', 'config');
}

function usesHop(config: HoldfastConfig, host: string, hop: string): boolean {
  return host === hop || (config.hosts.get(host)?.jump.includes(hop) ?? false);
}

/** Binds for a moment; what could be bound is free. */
async function checkPort(listen: string, registry: PortRegistry) {
  let spec;
  try {
    spec = parseForwardSpec(`dynamic ${listen}`);
  } catch (error) {
    return { free: false, holder: null, other: null, problem: asHoldfastError(error, listen).toCause().message };
  }
  try {
    const listener = await bindListener(spec.listen, {
      where: listen,
      tunnel: 'a new tunnel',
      registry,
      unlink: false,
      onConnect: (socket) => socket.destroy(),
      onAcceptError: () => {},
    });
    listener.dispose();
    return { free: true, holder: null, other: null, problem: null };
  } catch (thrown) {
    const error = asHoldfastError(thrown, listen).toCause();
    const other = /\b(\d{1,5}) is free\b/.exec(error.next)?.[1];
    const holder = /taken by (.+?)\.?$/.exec(error.message)?.[1] ?? null;
    return { free: false, holder, other: other === undefined ? null : Number(other), problem: error.message };
  }
}

function badEdit(file: string, message: string): HoldfastError {
  return new HoldfastError({ code: 'config', where: file, message, next: 'Correct the fields that are marked.' });
}

function notOurs(file: string): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: file,
    message: `Holdfast does not write ${file}.`,
    next: 'Only the first known-hosts file of a host is ever changed; edit this one by hand.',
  });
}
