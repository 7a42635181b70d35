import type { CommandSpec, OptionSpec } from './command.ts';

/** Options that every command takes, before or after its name. */
export const globalOptions: Readonly<Record<string, OptionSpec>> = {
  config: { type: 'string', short: 'c', value: 'FILE', help: 'the configuration file; it is the profile' },
  json: { type: 'boolean', help: 'JSON on standard output, errors too' },
  color: { type: 'boolean', help: 'colours even when piped' },
  'no-color': { type: 'boolean', help: 'no colours (also: NO_COLOR)' },
  help: { type: 'boolean', short: 'h', help: 'help for the command' },
  version: { type: 'boolean', help: 'the version' },
};

const all: OptionSpec = { type: 'boolean', help: 'every tunnel' };
const waitOptions: Readonly<Record<string, OptionSpec>> = {
  all,
  wait: { type: 'boolean', short: 'w', help: 'until the tunnels run; asks its questions here on a terminal' },
  timeout: { type: 'string', value: 'TIME', help: 'with --wait: at most so long (60s); time to answer is not counted' },
};
const loadAct = () => import('./commands/act.ts');
const loadQuestions = () => import('./commands/questions.ts');
const loadConfig = () => import('./commands/configured.ts');
const loadEdit = () => import('./commands/edit.ts');
const loadKeep = () => import('./commands/secrets.ts');
const loadReport = () => import('./commands/reports.ts');

/** All commands, in the order of the help. */
export const commandTable: readonly CommandSpec[] = [
  {
    name: 'serve',
    synopsis: ['serve [--verbose] [--panel [--panel-port PORT]]'],
    summary: 'run the engine in the foreground',
    notes: [
      'The first line on standard output says that it is ready; logs go to the log folder.',
      'Ends within 5 s on TERM and INT. A second engine of the same configuration is refused.',
      '--panel serves the window to a browser on this machine and prints a link that works once.',
    ],
    options: {
      verbose: { type: 'boolean', short: 'v', help: 'the log on standard error too' },
      panel: { type: 'boolean', help: 'the window in a browser, on 127.0.0.1' },
      'panel-port': { type: 'string', value: 'PORT', help: 'its port (a free one)' },
    },
    argument: 'none',
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'app',
    synopsis: ['app [--panel] [--panel-port PORT]'],
    summary: 'open the desktop app; without Electron or a display, the window in a browser',
    notes: [
      'HOLDFAST_ELECTRON names another Electron, or is "none".',
      '--panel serves the window to a browser in any case.',
    ],
    options: {
      verbose: { type: 'boolean', short: 'v', help: 'the log on standard error too (browser only)' },
      panel: { type: 'boolean', help: 'the window in a browser' },
      'panel-port': { type: 'string', value: 'PORT', help: 'its port (a free one)' },
    },
    argument: 'none',
    load: () => import('./commands/app.ts'),
  },
  {
    name: 'panel',
    synopsis: ['panel [--port PORT]'],
    summary: 'a link that opens the window in a browser, once',
    options: {
      port: { type: 'string', short: 'p', value: 'PORT', help: 'its port, if the panel does not run yet (a free one)' },
    },
    argument: 'none',
    load: () => import('./commands/panel.ts'),
  },
  {
    name: 'status',
    synopsis: ['status [NAME|GROUP... | --all] [--watch]'],
    summary: 'what each tunnel does, and why',
    notes: ['--watch shows changes as they come: a live view on a terminal, else a line a change.'],
    options: { all, watch: { type: 'boolean', short: 'w', help: 'go on showing changes' } },
    argument: 'tunnel',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'up',
    synopsis: ['up NAME|GROUP... | --all [--wait [--timeout TIME]]'],
    summary: 'put tunnels up',
    notes: [
      'Returns at once. With --wait: 0 when they run (or listen, on demand), 1 if one gave up,',
      '5 if a question waits that nobody here can answer; the question stays open and the tunnel wanted.',
    ],
    options: waitOptions,
    argument: 'tunnel',
    load: loadAct,
  },
  {
    name: 'down',
    synopsis: ['down NAME|GROUP... | --all'],
    summary: 'take tunnels down',
    options: { all },
    argument: 'tunnel',
    load: loadAct,
  },
  {
    name: 'restart',
    synopsis: ['restart NAME|GROUP... | --all [--wait [--timeout TIME]]'],
    summary: 'connect anew, in whatever state',
    notes: ['Starts STOPPED and DEAD tunnels, skips the wait of RETRYING ones, replaces the link of RUNNING ones.'],
    options: waitOptions,
    argument: 'tunnel',
    load: loadAct,
  },
  {
    name: 'now',
    synopsis: ['now NAME|GROUP... | --all'],
    summary: 'skip the wait of RETRYING tunnels',
    options: { all },
    argument: 'tunnel',
    load: loadAct,
  },
  {
    name: 'list',
    synopsis: ['list [--names] [--groups]'],
    summary: 'the configured tunnels',
    notes: ['Needs no engine.'],
    options: {
      names: { type: 'boolean', help: 'names only, one a line' },
      groups: { type: 'boolean', help: 'with --names: groups too' },
    },
    argument: 'none',
    load: loadConfig,
  },
  {
    name: 'show',
    synopsis: ['show NAME [--as-ssh]'],
    summary: 'everything about one tunnel',
    options: { 'as-ssh': { type: 'boolean', help: 'as an ssh command' } },
    argument: 'tunnel',
    load: loadConfig,
  },
  {
    name: 'logs',
    synopsis: ['logs [NAME] [-f] [-n LINES]'],
    summary: "a tunnel's log, or the engine's",
    notes: ['Without an engine it shows what the last one wrote (not with -f).'],
    options: {
      follow: { type: 'boolean', short: 'f', help: 'go on as lines come' },
      lines: { type: 'string', short: 'n', value: 'LINES', help: 'so many of the newest (50)' },
    },
    argument: 'tunnel',
    load: () => import('./commands/logs.ts'),
  },
  {
    name: 'stats',
    synopsis: ['stats [NAME|GROUP... | --all]'],
    summary: 'uptime, reconnects with causes, bytes, latency',
    options: { all },
    argument: 'tunnel',
    load: loadReport,
  },
  {
    name: 'events',
    synopsis: ['events [NAME|GROUP...] [-f] [-n LINES]'],
    summary: 'what happened to the tunnels, with reasons',
    options: {
      follow: { type: 'boolean', short: 'f', help: 'go on as things happen' },
      lines: { type: 'string', short: 'n', value: 'LINES', help: 'so many of the newest (50)' },
    },
    argument: 'tunnel',
    load: () => import('./commands/events.ts'),
  },
  {
    name: 'prompts',
    synopsis: ['prompts [--ids]'],
    summary: 'the questions that wait for you',
    options: { ids: { type: 'boolean', help: 'ids only, one a line' } },
    argument: 'none',
    load: loadQuestions,
  },
  {
    name: 'answer',
    synopsis: ['answer ID yes|no|once', 'answer ID [--remember]', 'answer ID --cancel'],
    summary: 'answer a question',
    notes: [
      'Codes, passwords and passphrases are read from standard input, one line a field; on a terminal they are asked for.',
      'They are never arguments: those can be seen by everybody on the machine.',
    ],
    options: {
      cancel: { type: 'boolean', help: 'do not answer; the tunnel gives up' },
      remember: {
        type: 'boolean',
        help: 'keep the password or passphrase in the keychain or the vault; without one until the engine ends',
      },
    },
    argument: 'prompt',
    load: loadQuestions,
  },
  {
    name: 'add',
    synopsis: [
      'add host NAME --address ADDRESS [--user USER] [--port PORT] [--identity FILE...] [--jump HOST...]',
      'add tunnel NAME --host HOST --forward SPEC... [--start login|demand|manual] [--group GROUP]',
      "add command 'ssh -L ...' [--yes]",
    ],
    summary: 'add a host or a tunnel to the configuration',
    notes: [
      'Other keys as KEY=VALUE behind the name, as in the file: add host box address=10.0.0.1 agent=false',
      'add command makes the hosts and the tunnel of an ssh or autossh command line; it runs nothing.',
      'If to connect would run a command (ProxyCommand), it shows the command and asks; --yes is a yes.',
    ],
    options: {
      address: { type: 'string', value: 'ADDRESS', help: 'of the SSH server' },
      user: { type: 'string', short: 'u', value: 'USER', help: 'who logs in' },
      port: { type: 'string', short: 'p', value: 'PORT', help: 'of the SSH server (22)' },
      identity: { type: 'string', short: 'i', multiple: true, value: 'FILE', help: 'a private key' },
      jump: { type: 'string', short: 'J', multiple: true, value: 'HOST', help: 'a host on the way, outermost first' },
      host: { type: 'string', value: 'HOST', help: 'the host of the tunnel' },
      forward: { type: 'string', multiple: true, value: 'SPEC', help: 'such as "local 5432 -> db:5432"' },
      start: { type: 'string', value: 'WHEN', help: 'login, demand or manual' },
      group: { type: 'string', value: 'GROUP', help: 'switched together' },
      yes: { type: 'boolean', short: 'y', help: 'of add command: without a question' },
    },
    words: ['host', 'tunnel', 'command'],
    argument: 'none',
    load: loadEdit,
  },
  {
    name: 'import',
    synopsis: ['import ssh-config [ALIAS...] [--file FILE] [--dry-run] [--yes]'],
    summary: 'hosts and tunnels from ~/.ssh/config',
    notes: [
      'Without an ALIAS all of them. ssh -G resolves each; the file itself is never written.',
      '--yes asks nothing, and lets commands run that reading the file runs (Match exec).',
    ],
    options: {
      file: { type: 'string', value: 'FILE', help: 'this ssh_config (~/.ssh/config)' },
      'dry-run': { type: 'boolean', short: 'n', help: 'only show what would be added' },
      yes: { type: 'boolean', short: 'y', help: 'without a question' },
    },
    words: ['ssh-config'],
    argument: 'none',
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'remove',
    synopsis: ['remove tunnel NAME', 'remove host NAME'],
    summary: 'remove a host or a tunnel from the configuration',
    options: {},
    words: ['host', 'tunnel'],
    argument: 'tunnel',
    load: loadEdit,
  },
  {
    name: 'edit',
    synopsis: ['edit', 'edit set KEY=VALUE...', 'edit unset KEY...'],
    summary: 'change the configuration',
    notes: [
      'Without arguments: opens $VISUAL or $EDITOR on a copy, checks it, and saves it as a whole.',
      'For example: holdfast edit set tunnels.db.park=30s',
    ],
    options: {},
    words: ['set', 'unset'],
    argument: 'none',
    load: loadEdit,
  },
  {
    name: 'check',
    synopsis: ['check [FILE]'],
    summary: 'validate a configuration',
    notes: ['Needs no engine. Problems are on standard error, one a line: FILE:LINE: KEY: what.'],
    options: {},
    argument: 'file',
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'hosts',
    synopsis: ['hosts [--names]'],
    summary: 'the configured hosts',
    notes: ['Needs no engine.'],
    options: { names: { type: 'boolean', help: 'names only, one a line' } },
    argument: 'none',
    load: loadConfig,
  },
  {
    name: 'known-hosts',
    synopsis: ['known-hosts list [FILE]', 'known-hosts find NAME', 'known-hosts remove NAME'],
    summary: 'the host keys that are trusted',
    notes: ['NAME as in the file: server.example.org, or [server.example.org]:2222 for another port than 22.'],
    options: { file: { type: 'string', value: 'FILE', help: 'this known_hosts file only' } },
    words: ['list', 'find', 'remove'],
    argument: 'none',
    load: () => import('./commands/known-hosts.ts'),
  },
  {
    name: 'secret',
    synopsis: [
      'secret set HOST password|passphrase',
      'secret list',
      'secret remove HOST password|passphrase',
      'secret lock',
    ],
    summary: 'passwords and passphrases in the keychain or the vault',
    notes: [
      'The value is read from standard input, one line; on a terminal it is asked for.',
      'lock: forget what was typed and unlocked since the engine started; open links stay.',
    ],
    options: {},
    words: ['set', 'list', 'remove', 'lock'],
    argument: 'host',
    load: loadKeep,
  },
  {
    name: 'vault',
    synopsis: ['vault create', 'vault unlock', 'vault lock'],
    summary: 'the encrypted file for machines without a keychain',
    notes: ['Its passphrase is read from standard input, one line; on a terminal it is asked for.'],
    options: {},
    words: ['create', 'unlock', 'lock'],
    argument: 'none',
    load: loadKeep,
  },
  {
    name: 'connections',
    synopsis: ['connections'],
    summary: 'the logins that are open, and who shares them',
    options: {},
    argument: 'none',
    load: loadReport,
  },
  {
    name: 'cleanup',
    synopsis: ['cleanup [--dry-run]'],
    summary: 'remove stale sockets and locks, and logs and history of tunnels that are gone',
    options: { 'dry-run': { type: 'boolean', short: 'n', help: 'only say what would go' } },
    argument: 'none',
    load: () => import('./commands/cleanup.ts'),
  },
  {
    name: 'completion',
    synopsis: ['completion bash|zsh|fish|powershell'],
    summary: 'a script that completes commands and names in your shell',
    notes: [
      'bash: source <(holdfast completion bash)    zsh: source <(holdfast completion zsh)',
      'fish: holdfast completion fish | source     PowerShell: holdfast completion powershell | Out-String | Invoke-Expression',
    ],
    options: {},
    words: ['bash', 'zsh', 'fish', 'powershell'],
    argument: 'none',
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'version',
    synopsis: ['version'],
    summary: 'the version',
    options: {},
    argument: 'none',
    load: () => import('./commands/help.ts'),
  },
  {
    name: 'help',
    synopsis: ['help [COMMAND]'],
    summary: 'what there is',
    options: {},
    argument: 'command',
    load: () => import('./commands/help.ts'),
  },
];

export function findCommand(name: string): CommandSpec | null {
  return commandTable.find((command) => command.name === name) ?? null;
}
