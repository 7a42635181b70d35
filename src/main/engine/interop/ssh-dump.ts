import { execFile } from 'node:child_process';
import type { Said } from '../../../shared/i18n/said.ts';
import { sshConfig } from '../../../shared/i18n/sentences/ssh-config.ts';
import { cleanLine, hasHidden } from '../../../shared/model/clean-text.ts';
import { isDefaultConfig } from './ssh-config-list.ts';

/** What `ssh -G` printed: keywords in lower case, each with its values in order. */
export type SshDump = ReadonlyMap<string, readonly string[]>;

export type DumpResult =
  | { readonly kind: 'read'; readonly dump: SshDump }
  /** In ssh's words, or ours. */
  | { readonly kind: 'failed'; readonly reason: Said };

export interface DumpTarget {
  readonly host: string;
  /** Of the hop's own words; they win over the file. */
  readonly user: string | null;
  readonly port: number | null;
}

const timeoutMs = 10_000;
const atOnce = 4;
const gone = sshConfig.nobodyWaits();

/** A name that ssh takes for a host (its valid_hostname): nothing that it or a shell could take for anything else. */
export function isSafeAlias(alias: string): boolean {
  if (alias.length > 255 || /^-|^ssh:\/\//i.test(alias) || hasHidden(alias)) return false;
  return /^[^\s\p{C}'"`$\\;&<>|(){},@*?!]+$/u.test(alias);
}

export interface SshDumperOptions {
  readonly program: string;
  readonly file: string;
  readonly home: string;
  /** Nobody waits for the answers any more: what runs is ended, nothing is begun. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks `ssh -G` what the file says about a host. `Match exec` lines run their commands: have consent first. At most four run at once, each for
 * ten seconds at most, and each question is asked once.
 */
export class SshDumper {
  readonly #options: SshDumperOptions;
  readonly #asked = new Map<string, Promise<DumpResult>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: SshDumperOptions) {
    this.#options = options;
  }

  /** What the file says. */
  dump(target: DumpTarget): Promise<DumpResult> {
    const words = isDefaultConfig(this.#options.file) ? [] : ['-F', this.#options.file];
    if (target.user !== null) words.push('-l', target.user);
    if (target.port !== null) words.push('-p', String(target.port));
    return this.#ask(words, target.host);
  }

  /** What this ssh does without any file: its defaults. */
  defaults(): Promise<DumpResult> {
    return this.#ask(['-F', 'none'], 'localhost');
  }

  #ask(words: readonly string[], host: string): Promise<DumpResult> {
    if (!isSafeAlias(host)) return Promise.resolve({ kind: 'failed', reason: sshConfig.nameNotTaken() });
    const args = ['-G', ...words, '--', host];
    const key = args.join('\0');
    const asked = this.#asked.get(key) ?? this.#run(args);
    this.#asked.set(key, asked);
    return asked;
  }

  async #run(args: readonly string[]): Promise<DumpResult> {
    if (this.#running >= atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await runSsh(this.#options, args);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

function runSsh({ program, home, signal }: SshDumperOptions, args: readonly string[]): Promise<DumpResult> {
  if (signal?.aborted) return Promise.resolve({ kind: 'failed', reason: gone });
  return new Promise((resolve) => {
    const options = {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 4 * 1024 * 1024,
      windowsHide: true,
      ...(signal ? { signal } : {}),
      env: { ...process.env, HOME: home },
    } as const;
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ kind: 'read', dump: readDump(stdout) });
      else if (error.code === 'ENOENT') resolve({ kind: 'failed', reason: sshConfig.notInstalled({ program }) });
      else if (signal?.aborted) resolve({ kind: 'failed', reason: gone });
      else if (error.killed === true) resolve({ kind: 'failed', reason: sshConfig.noAnswer({ limitMs: timeoutMs }) });
      else resolve({ kind: 'failed', reason: lastWords(stderr) });
    });
    child.stdin?.end();
  });
}

/** What went wrong stands before ssh's last line, which only counts it. */
function lastWords(stderr: string): Said {
  const lines = stderr.split(/\r?\n/).map((line) => line.trim());
  const telling = lines.filter((line) => line !== '' && !line.startsWith('Pseudo-terminal'));
  const best = telling.find((line) => !/terminating, \d+ bad/.test(line)) ?? telling[0];
  return sshConfig.sshSays({ words: best === undefined ? sshConfig.endedSilently() : cleanLine(best, 300) });
}

export function readDump(text: string): SshDump {
  const dump = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const space = line.indexOf(' ');
    if (space <= 0) continue;
    const key = line.slice(0, space).toLowerCase();
    const values = dump.get(key) ?? [];
    values.push(line.slice(space + 1));
    dump.set(key, values);
  }
  return dump;
}
