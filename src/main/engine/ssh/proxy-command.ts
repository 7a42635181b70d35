import { Buffer } from 'node:buffer';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { cleanText } from '../../../shared/model/clean-text.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { HopStream } from './hop-stream.ts';
import { OneShot } from './one-shot.ts';

const stderrKeptBytes = 1024;
/** Between the polite signal and the final one. */
const killAfterMs = 1000;

/** %h host, %p port, %r user, %n the name in the configuration, %% a percent sign (ssh_config(5) TOKENS). Throws `config` for any other. */
export function expandProxyCommand(command: string, host: HostConfig): string {
  return command.replace(/%(.?)/g, (token, letter: string) => {
    switch (letter) {
      case 'h':
        return shellSafe(host, 'address', host.address);
      case 'p':
        return String(host.port);
      case 'r':
        return shellSafe(host, 'user', host.user);
      case 'n':
        return shellSafe(host, 'name', host.name);
      case '%':
        return '%';
      default:
        throw new HoldfastError({
          code: 'config',
          where: host.name,
          message: `The proxy command of ${host.name} has ${token}, which stands for nothing.`,
          next: 'Use %h, %p, %r, %n, or %% for a percent sign.',
          phase: 'dial',
          hop: host.name,
        });
    }
  });
}

/** The value goes into a shell's line: anything a shell could act upon is refused (OpenSSH does so too, CVE-2023-51385). */
function shellSafe(host: HostConfig, what: string, value: string): string {
  if (/^[\p{L}\p{N}_.:@+%/[\]-]+$/u.test(value) && !value.startsWith('-')) return value;
  throw new HoldfastError({
    code: 'config',
    where: host.name,
    message: `The ${what} of ${host.name} has characters that must not go into a proxy command.`,
    next: `Correct the ${what} of this host.`,
    phase: 'dial',
    hop: host.name,
  });
}

/**
 * Ends the command's process group when the pipe at descriptor 3 ends without a word: then this process was killed and could not do it itself
 * (`nc` on a silent link would stay for ever). A line means that the command ended first. `$1` is the person's shell, `$2` the command.
 */
const guarded = '(read -r _ <&3 || kill -KILL 0) </dev/null >/dev/null 2>&1 & exec "$1" -c "exec $2" 3<&-';

/** Starts the proxy command of `host` in a process group of its own; its input and output are the stream. It ends with the stream, or with us. */
export function startProxyCommand(host: HostConfig, command: string, clock: Clock): HopStream {
  const line = expandProxyCommand(command, host);
  const isWindows = process.platform === 'win32';
  if (isWindows) return new CommandStream(spawn(line, { shell: true, stdio: 'pipe', windowsHide: true }), clock);
  const shell = process.env['SHELL']?.startsWith('/') ? process.env['SHELL'] : '/bin/sh';
  const child = spawn('/bin/sh', ['-c', guarded, 'holdfast', shell, line], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const guard = child.stdio[3] as Duplex;
  guard.on('error', () => {});
  // Read to its end, or the child would never count as closed.
  guard.resume();
  child.once('exit', () => guard.end('\n'));
  return new CommandStream(child, clock);
}

class CommandStream implements HopStream {
  readonly stream: Duplex;
  readonly localAddress = null;
  readonly remoteAddress = null;
  readonly onDidEnd;
  readonly #onDidEnd = new OneShot<Error | null>();
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #clock: Clock;
  #stderr = Buffer.alloc(0);
  #failure: Error | null = null;
  #exit: string | null = null;
  #isOver = false;
  #isReaped = false;

  constructor(child: ChildProcessWithoutNullStreams, clock: Clock) {
    this.#child = child;
    this.#clock = clock;
    this.onDidEnd = this.#onDidEnd.event;
    this.stream = new ChildDuplex(child);
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = Buffer.concat([this.#stderr, chunk]).subarray(-stderrKeptBytes);
    });
    for (const part of [child.stdin, child.stdout, child.stderr, this.stream]) part.on('error', () => {});
    child.on('error', (error) => {
      this.#failure ??= error;
      this.#isReaped = child.pid === undefined;
      this.#over();
    });
    // `close` comes when its pipes are read to the end: then the last words are complete.
    child.once('close', (code, signal) => {
      this.#exit = signal ? `signal ${signal}` : `exit code ${code}`;
      this.#over();
    });
    child.once('exit', () => {
      this.#isReaped = true;
    });
  }

  lastWords(): string | null {
    const said = cleanText(this.#stderr.toString('utf8'), stderrKeptBytes).trim();
    if (said !== '') return said;
    if (this.#failure) return this.#failure.message;
    return this.#exit;
  }

  close(graceMs: number): void {
    this.#isOver = true;
    if (this.#isReaped) return;
    const timer = this.#clock.schedule(graceMs, () => this.#kill());
    this.#child.once('exit', () => timer.dispose());
    this.stream.resume();
    this.stream.end(() => {
      timer.dispose();
      this.#kill();
    });
  }

  dispose(): void {
    this.#isOver = true;
    this.#kill();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onDidEnd.fire(this.#failure);
  }

  #kill(): void {
    this.stream.destroy();
    this.#child.stderr.destroy();
    if (this.#isReaped) return;
    this.#signal('SIGTERM');
    const timer = this.#clock.schedule(killAfterMs, () => this.#signal('SIGKILL'));
    this.#child.once('exit', () => {
      timer.dispose();
      // What it started itself goes too.
      this.#signal('SIGKILL');
    });
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (process.platform === 'win32') this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}

/** A child's standard output and input as one stream. */
class ChildDuplex extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(child: ChildProcessWithoutNullStreams) {
    super({ allowHalfOpen: true });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stdout.on('end', () => this.push(null));
    child.stdout.pause();
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    // A command that takes no more is about to end, and its end tells why; a failed write would only hide that.
    this.#child.stdin.write(chunk, () => callback());
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => callback());
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    callback(error);
  }
}
