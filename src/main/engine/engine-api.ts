import { type ContractApi, contractVersion } from '../../shared/contract/calls.ts';
import { inEnglish } from '../../shared/i18n/sentences/index.ts';
import { HoldfastError } from '../../shared/model/failure.ts';
import { version } from '../../shared/version.ts';
import { createEditingApi } from './editing-api.ts';
import type { EngineParts } from './engine-parts.ts';
import type { PromptAnswer } from './prompts/broker.ts';
import { Secret } from './secrets/secret.ts';
import { noSuchTunnel } from './tunnel-set.ts';
import type { TunnelSupervisor } from './tunnel/supervisor.ts';
import { logins, usage } from './usage.ts';

/** The contract as this engine answers it. Calls return at once: what they set in motion shows in status and events. */
export function createApi(parts: EngineParts): ContractApi<AbortSignal> {
  const { tunnels, broker } = parts;

  function each(
    targets: { names: readonly string[]; all: boolean },
    act: (supervisor: TunnelSupervisor, name: string) => void,
  ): { names: string[] } {
    const names = targets.all ? tunnels.names() : tunnels.select(targets.names);
    for (const name of names) {
      const supervisor = tunnels.get(name);
      if (supervisor) act(supervisor, name);
    }
    return { names };
  }

  /** The same for what is wanted: answered once it outlives this engine. */
  async function want(
    targets: { names: readonly string[]; all: boolean },
    on: boolean,
    act: (supervisor: TunnelSupervisor) => void,
  ): Promise<{ names: string[] }> {
    const done = each(targets, (supervisor, name) => {
      parts.history.setWanted(name, on);
      act(supervisor);
    });
    await parts.history.wantedKept();
    return done;
  }

  return {
    ...createEditingApi(parts),
    hello: async () => ({
      version,
      contract: contractVersion,
      pid: process.pid,
      startedAtMs: parts.startedAtMs,
      configFile: parts.profile.configFile,
      logFolder: parts.profile.logFolder,
    }),
    snapshot: async () => ({
      revision: parts.events.revision,
      tunnels: tunnels.statuses([]),
      prompts: broker.list(),
      configProblem: parts.configProblem(),
    }),
    status: async ({ names }) => tunnels.statuses(names),
    up: (targets) => want(targets, true, (supervisor) => supervisor.up('person')),
    down: (targets) => want(targets, false, (supervisor) => supervisor.down()),
    restart: (targets) => want(targets, true, (supervisor) => supervisor.restart()),
    now: async (targets) => each(targets, (supervisor) => supervisor.now()),
    forward: async ({ tunnel, spec, enabled }) => {
      const supervisor = tunnels.get(tunnel);
      if (!supervisor) throw noSuchTunnel(tunnel);
      if (!supervisor.status().forwards.some((forward) => forward.spec === spec)) {
        throw new HoldfastError({
          code: 'not-found',
          where: `tunnel ${tunnel}`,
          message: `Tunnel ${tunnel} has no forward "${spec}".`,
          next: `See its forwards with: holdfast show ${tunnel}`,
        });
      }
      supervisor.setForwardEnabled(spec, enabled);
      return {};
    },
    prompts: async () => broker.list(),
    answer: async ({ id, answer }) => {
      broker.answer(id, toAnswer(answer));
      return {};
    },
    stats: async ({ names }) => parts.history.stats(names.length === 0 ? tunnels.names() : tunnels.select(names)),
    history: async ({ names, limit }) => parts.history.list(names.length === 0 ? null : tunnels.select(names), limit),
    logs: async ({ tunnel, lines }) => {
      if (tunnel !== null && !tunnels.get(tunnel)) throw noSuchTunnel(tunnel);
      return parts.logs.tail(tunnel, lines);
    },
    usage: () => usage(parts),
    connections: () => logins(parts),
    reload: async () => ({ problem: await parts.reload() }),
    'secret.state': async () => {
      const state = await parts.secrets.state();
      const remembersIn = await parts.secrets.remembersIn();
      const said = 'store' in state ? state.store : state.reason;
      // An opened vault may stand in for the store that is chosen.
      const place = remembersIn === 'memory' ? parts.secrets.place : remembersIn;
      return { kind: state.kind, store: inEnglish(said), said, place, remembersIn };
    },
    'secret.set': async ({ host, kind, value }) => {
      needHost(parts, host);
      const secret = Secret.from(value);
      parts.logs.hide(secret);
      await parts.secrets.set({ host, kind }, secret);
      return {};
    },
    'secret.list': async () => (await parts.secrets.list()).map((name) => ({ ...name })),
    'secret.remove': async (name) => {
      needHost(parts, name.host, await parts.secrets.list());
      return { removed: await parts.secrets.remove(name) };
    },
    'secret.lock': async () => {
      parts.lock();
      return {};
    },
    'vault.unlock': async ({ passphrase, create }) => {
      await parts.secrets.vault.unlock(Secret.from(passphrase), create);
      return {};
    },
    'vault.lock': async () => {
      parts.secrets.vault.lock();
      return {};
    },
    'panel.link': async ({ port }) => ({ url: await parts.panelLink(port) }),
    wake: async ({ reason }) => {
      parts.wake(reason);
      return {};
    },
    // Each connection keeps its own choice of events: the control server answers this one itself.
    subscribe: async () => ({}),
    shutdown: async () => {
      parts.shutdown();
      return {};
    },
  };
}

function toAnswer(answer: Parameters<ContractApi['answer']>[0]['answer']): PromptAnswer {
  if (answer.kind !== 'values') return { kind: answer.kind };
  const values = answer.values.map((value) => Secret.from(value));
  return { kind: 'values', values, remember: answer.remember, keepOpenMs: answer.keepOpenMs };
}

function needHost(parts: EngineParts, host: string, kept: readonly { readonly host: string }[] = []): void {
  if (parts.tunnels.config.hosts.has(host) || kept.some((name) => name.host === host)) return;
  throw new HoldfastError({
    code: 'not-found',
    where: host,
    message: `There is no host named ${host} in the configuration.`,
    next: 'See the names with: holdfast hosts',
  });
}
