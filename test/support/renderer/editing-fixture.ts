import { contractVersion } from '../../../src/shared/contract/calls.ts';
import type { CallName } from '../../../src/shared/contract/calls.ts';
import type { ConfigEdit } from '../../../src/shared/contract/editing-calls.ts';
import type { EngineEvent } from '../../../src/shared/contract/events.ts';
import type { ShellBridge } from '../../../src/shared/contract/shell-bridge.ts';
import type { Prompt } from '../../../src/shared/model/prompt.ts';

/** A shell without an engine for prompts, editor and pages: put into a page before its scripts run. It notes all calls. */

export interface EditingFixtureOptions {
  readonly language?: string;
  readonly platform?: 'linux' | 'darwin' | 'win32';
  readonly shell?: 'desktop' | 'panel';
  readonly prompts?: readonly Prompt[];
  /** Answers of calls in place of the usual ones. */
  readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface EditingFixture {
  readonly calls: { readonly name: string; readonly input: unknown }[];
  emit(event: EngineEvent): void;
  /** What a call answers from now on. */
  answerWith(name: CallName, output: unknown): void;
  navigate(page: string): void;
}

const shownKey = 'SHA256:8dKpX4cGm1TzNwQy7uRfHbJaEoLs5iVtZ2hCnD9vUkM';
const trustedKey = 'SHA256:kQ7nL2vRzY0hWm5bTc9dXfAeUjGi3sPo8rNlVtMqBwE';

const view = {
  file: '/home/dmitri/.config/holdfast/config.toml',
  readOnlyReason: null,
  problem: null,
  hosts: [
    { name: 'bastion', values: { address: 'bastion.acme.io', user: 'dmitri' }, effective: { jump: [] } },
    {
      name: 'db-prod',
      values: { address: '10.0.0.4', port: 22, user: 'dmitri', jump: ['bastion'], identity: ['~/.ssh/id_ed25519'] },
      effective: { jump: ['bastion'] },
    },
    { name: 'nas', values: { address: 'nas.home' }, effective: { jump: [] } },
  ],
  tunnels: [
    {
      name: 'postgres-prod',
      host: 'db-prod',
      group: 'Production',
      values: {
        host: 'db-prod',
        group: 'Production',
        forwards: ['local 5432 -> db-01:5432', { type: 'remote', listen: 9187, to: 'localhost:9187', unlink: true }],
      },
      effective: {},
      forwards: [
        {
          spec: 'local 5432 -> db-01:5432',
          kind: 'local',
          listen: '5432',
          target: 'db-01:5432',
          name: null,
          enabled: true,
          beyondLoopback: false,
        },
        {
          spec: 'remote 9187 -> localhost:9187',
          kind: 'remote',
          listen: '9187',
          target: 'localhost:9187',
          name: null,
          enabled: true,
          beyondLoopback: false,
        },
      ],
    },
  ],
  settings: { values: { 'log-level': 'debug' }, effective: {} },
};

const knownHosts = Array.from({ length: 14 }, (_, index) => ({
  names: ['bastion.acme.io,203.0.113.7', '10.0.0.4', '*.acme.io', '(hashed name)'][index % 4] ?? `host-${index}`,
  hashed: index % 4 === 3,
  marker: index % 4 === 2 ? '@cert-authority' : null,
  keyType: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'][index % 3] ?? 'ssh-rsa',
  fingerprint: index % 2 === 0 ? shownKey : trustedKey,
  file: index < 10 ? '/home/dmitri/.ssh/known_hosts' : '/etc/ssh/ssh_known_hosts',
  line: index + 3,
  removable: index % 4 < 2 && index < 10,
}));

/** Makes the shell and puts it where pages look for it. Runs in the page. */
export function installEditingFixture(options: EditingFixtureOptions): void {
  const calls: { name: string; input: unknown }[] = [];
  const events = new Set<(event: EngineEvent) => void>();
  const navigations = new Set<(page: string) => void>();
  let prompts = [...(options.prompts ?? [])];
  const desktop = {
    version: '0.1.0',
    electron: '45.4.1',
    chromium: '156.0.7',
    node: '24.19.0',
    cryptoPath: 'javascript',
    loginStart: { enabled: false, possible: true, note: null as string | null },
    tray: true,
    notifications: true,
    closeToTray: true,
    lockWithScreen: false,
    theme: 'system',
    logFolder: '/home/dmitri/.local/state/holdfast/logs',
    configFile: view.file,
  };
  const outputs: Record<string, (input: never) => unknown> = {
    hello: () => ({
      version: '0.1.0',
      contract: contractVersion,
      pid: 4711,
      startedAtMs: Date.now() - 3_600_000,
      configFile: view.file,
      logFolder: desktop.logFolder,
    }),
    snapshot: () => ({ revision: 1, tunnels: [], prompts, configProblem: null }),
    status: () => [],
    prompts: () => prompts,
    answer: ({ id }: { id: string }) => {
      prompts = prompts.filter((prompt) => prompt.id !== id);
      setTimeout(() => emit({ kind: 'prompt-closed', id, end: 'answered' }));
      return {};
    },
    'config.view': () => view,
    'config.edit': ({ edits, dryRun }: { edits: ConfigEdit[]; dryRun: boolean }) => dryEdit(edits, dryRun),
    'port.check': ({ listen }: { listen: string }) =>
      listen.endsWith('5432')
        ? { free: false, holder: 'postgres (pid 1182)', other: 5433, problem: null }
        : { free: true, holder: null, other: null, problem: null },
    'tunnel.test': () => ({
      steps: [
        { what: 'bastion.acme.io:22 answers', ok: true, ms: 18, cause: null },
        { what: 'Logged in to bastion as dmitri', ok: true, ms: 212, cause: null },
        {
          what: 'db-01:5432 through db-prod',
          ok: false,
          ms: 31,
          cause: {
            code: 'target-refused',
            where: 'local 5432 -> db-01:5432',
            message: 'db-01 refuses connections on port 5432.',
            next: 'Start the service or correct the target.',
          },
        },
      ],
    }),
    'ssh-command.parse': ({ text }: { text: string }) =>
      text.includes('-L')
        ? {
            problem: null,
            tunnel: 'db-prod',
            notes: ['-v has no meaning here and was left out.'],
            edits: [
              { op: 'add-host', name: 'edge', values: { address: 'edge.acme.io' } },
              { op: 'add-tunnel', name: 'db-prod', values: { host: 'edge', forwards: ['local 8080 -> web:80'] } },
            ],
          }
        : { problem: 'This command forwards nothing: add -L, -R or -D.', tunnel: null, notes: [], edits: [] },
    'ssh-command.format': () => ({ text: 'ssh -J bastion -L 5432:db-01:5432 db-prod' }),
    'ssh-config.list': () => ({
      file: '/home/dmitri/.ssh/config',
      runsCommands: false,
      hosts: [
        { alias: 'bastion', known: true },
        { alias: 'web-1', known: false },
        { alias: 'web-2', known: false },
      ],
    }),
    'ssh-config.import': ({ aliases }: { aliases: string[] }) => ({
      edits: aliases.map((name) => ({ op: 'add-host', name, values: { address: `${name}.acme.io` } })),
      notes: [],
      skipped: [],
    }),
    // Of the hashed names one is hidden.example.org.
    'known-hosts.list': ({ find }: { find?: string }) =>
      knownHosts.map((entry) =>
        entry.line === 6 && find === 'hidden.example.org' ? { ...entry, names: find, removable: true } : entry,
      ),
    'known-hosts.remove': () => ({ removed: 1 }),
    'secret.state': () => ({ kind: 'available', store: 'GNOME Keyring', remembersIn: 'keychain' }),
    'secret.list': () => [
      { host: 'bastion', kind: 'password' },
      { host: 'db-prod', kind: 'passphrase' },
    ],
    'secret.remove': () => ({ removed: true }),
    'host-key.changed': () => [
      {
        hop: 'nas.home',
        address: '192.168.1.20:22',
        lookupName: 'nas.home',
        file: '/home/dmitri/.ssh/known_hosts',
        line: 41,
        remoteAddress: '192.168.1.20',
        addressBefore: '192.168.1.20',
        trusted: [
          {
            keyType: 'ssh-ed25519',
            fingerprint: trustedKey,
            file: '/home/dmitri/.ssh/known_hosts',
            line: 41,
            sinceMs: Date.parse('2025-03-03T12:00:00Z'),
          },
        ],
        replaceable: true,
        shown: { keyType: 'ssh-ed25519', fingerprint: shownKey },
        shownAtMs: Date.now(),
        tunnels: ['nas-rsync', 'nas-web'],
      },
    ],
    'host-key.replace': () => ({}),
    connections: () => [],
    usage: () => ({ clients: 0, programs: 0, logins: 0 }),
    history: () => [],
    logs: () => [],
    'desktop.state': () => ({ ...desktop }),
    'desktop.open-login': () => ({ opened: true }),
    'desktop.set-login-start': ({ enabled }: { enabled: boolean }) => {
      desktop.loginStart = { ...desktop.loginStart, enabled };
      return desktop.loginStart;
    },
    'desktop.set': (change: object) => Object.assign(desktop, change) && {},
  };

  function dryEdit(edits: readonly ConfigEdit[], dryRun: boolean): unknown {
    const text = JSON.stringify(edits);
    const problems = text.includes('99999')
      ? [{ line: 9, key: 'tunnels.postgres-prod.forwards[0]', message: '"99999" is no port' }]
      : [];
    const inUse = text.includes('"replace-forward"')
      ? [{ tunnel: 'postgres-prod', spec: 'local 5432 -> db-01:5432', programs: ['DBeaver'], clients: 2 }]
      : [];
    const kept = text.includes('"park"')
      ? [{ tunnel: 'postgres-prod', spec: 'local 5432 -> db-01:5432', programs: ['DBeaver'], clients: 2 }]
      : [];
    return { problems, warnings: [], inUse, kept, saved: !dryRun && problems.length === 0 };
  }
  function emit(event: EngineEvent): void {
    if (event.kind === 'prompt-opened') prompts = [...prompts, event.prompt];
    for (const listener of events) listener(event);
  }
  const answer = (name: string, input: unknown): Promise<never> => {
    calls.push({ name, input: JSON.parse(JSON.stringify(input)) });
    const given = options.outputs?.[name];
    const output = given === undefined ? (outputs[name]?.(input as never) ?? {}) : given;
    return Promise.resolve({ ok: true, output } as never);
  };
  const bridge: ShellBridge = {
    shell: options.shell ?? 'desktop',
    platform: options.platform ?? 'linux',
    language: options.language ?? 'en',
    call: (name: CallName, input: unknown) => answer(name, input),
    desktop: (options.shell ?? 'desktop') === 'desktop' ? (name: string, input: unknown) => answer(name, input) : null,
    onEvent: (listener) => add(events, listener),
    onConnection: () => () => undefined,
    onNavigate: (listener) => add(navigations, listener),
  };
  const fixture: EditingFixture = {
    calls,
    emit,
    answerWith: (name, output) => {
      outputs[name] = () => output;
    },
    navigate: (page) => {
      for (const listener of navigations) listener(page);
    },
  };
  Object.assign(globalThis, { holdfast: bridge, fixture });
}

function add<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => set.delete(item);
}
