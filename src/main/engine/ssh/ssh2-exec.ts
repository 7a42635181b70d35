import { Buffer } from 'node:buffer';
import type { ClientChannel } from 'ssh2';
import type { HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { DisposableStore, listen } from '../lifecycle/disposable.ts';
import { onAbort, reasonOf } from './dial.ts';
import type { ExecResult } from './link.ts';
import { linkGone } from './channel-failure.ts';
import type { Ssh2Channel } from './ssh2-channel.ts';

const outputLimitBytes = 64 * 1024;

/** Collects what a command on the server says, until it ends. Rejects with the signal's reason, or `link-lost` when the link goes first. */
export function collectOutput(host: HostConfig, channel: Ssh2Channel, signal: AbortSignal): Promise<ExecResult> {
  const stream = channel.stream as ClientChannel;
  const store = new DisposableStore();
  const out = new Output();
  const err = new Output();
  return new Promise<ExecResult>((resolve, reject) => {
    let exitCode: number | null = null;
    let signalName: string | null = null;
    store.add(
      onAbort(signal, () => {
        // sshd keeps the channel until the command ends, so it is asked to end it (RFC 4254 section 6.9).
        if (!channel.isClosed) stream.signal('TERM');
        reject(reasonOf(signal));
      }),
    );
    store.add(listen(stream, 'data', (chunk: Buffer) => out.add(chunk)));
    store.add(listen(stream.stderr, 'data', (chunk: Buffer) => err.add(chunk)));
    store.add(
      listen(stream, 'exit', (code: number | null, name?: string) => {
        exitCode = code;
        signalName = name ?? null;
      }),
    );
    store.add(
      channel.onDidClose(({ lost }) => {
        if (lost && exitCode === null && signalName === null) reject(linkGone(host));
        else resolve({ exitCode, signal: signalName, stdout: out.text, stderr: err.text });
      }),
    );
    stream.end();
  }).finally(() => {
    store.dispose();
    channel.dispose();
  });
}

/** Keeps the first bytes of an output and counts the rest away. */
class Output {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  add(chunk: Buffer): void {
    const room = outputLimitBytes - this.#bytes;
    if (room <= 0) return;
    this.#chunks.push(chunk.subarray(0, room));
    this.#bytes += Math.min(room, chunk.length);
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

/** The command took too long. */
export function execTimeout(host: HostConfig, timeoutMs: number): HoldfastError {
  return new HoldfastError({
    code: 'timeout',
    where: host.name,
    message: `The command on ${host.name} did not end in ${timeoutMs / 1000} s.`,
    next: 'See what it waits for, or give it more time.',
    hop: host.name,
  });
}
