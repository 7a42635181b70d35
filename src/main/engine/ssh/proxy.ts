import type { Socket } from 'node:net';
import type { HostConfig, ProxyConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { Redact } from '../log/redact.ts';
import type { Secret } from '../secrets/secret.ts';
import { addressText } from './failure-base.ts';

/** What a proxy's handshake needs. */
export interface ProxyTalk {
  readonly host: HostConfig;
  readonly proxy: Exclude<ProxyConfig, { kind: 'command' }>;
  /** Asks a person for the password of the proxy's user; only called if the proxy wants one. */
  readonly askPassword: () => Promise<Secret>;
  readonly signal: AbortSignal;
  /** See `ConnectorParts`. */
  readonly redact: Redact;
}

/** The proxy did not make the connection. */
export function proxyFailure(talk: ProxyTalk, what: string, next: string, cause?: unknown): HoldfastError {
  const at = addressText(talk.proxy.host, talk.proxy.port);
  return new HoldfastError({
    code: 'proxy-failed',
    where: `proxy ${cleanLine(at, 128)}`,
    message: `The proxy ${cleanLine(at, 128)} ${what}`,
    next,
    phase: 'dial',
    hop: talk.host.name,
    cause,
  });
}

/** The proxy itself could not be reached. */
export function proxyUnreachable(host: HostConfig, proxy: ProxyTalk['proxy'], error: HoldfastError): HoldfastError {
  const at = cleanLine(addressText(proxy.host, proxy.port), 128);
  return new HoldfastError({
    code: 'proxy-failed',
    where: `proxy ${at}`,
    message: `The proxy ${at} of ${host.name} cannot be reached: ${error.message}`,
    next: 'Check that the proxy runs, and its address and port in the configuration of this host.',
    phase: error.phase ?? 'dial',
    hop: host.name,
    cause: error,
  });
}

/** Reads a proxy's replies from a paused socket, exactly: what belongs to SSH stays in the socket. */
export class ProxyReader {
  readonly #socket: Socket;
  readonly #talk: ProxyTalk;
  #failure: HoldfastError | null = null;

  constructor(socket: Socket, talk: ProxyTalk) {
    this.#socket = socket;
    this.#talk = talk;
  }

  /** The next `length` bytes. Rejects with `proxy-failed` when the proxy hangs up, or with the signal's reason. */
  bytes(length: number): Promise<Buffer> {
    return this.#read(() => {
      if (this.#socket.readableLength < length) return null;
      return this.#socket.read(length) as Buffer | null;
    });
  }

  /** Everything up to and including `end`, at most `limit` bytes. */
  until(end: string, limit: number): Promise<Buffer> {
    let seen = Buffer.alloc(0);
    return this.#read(() => {
      for (;;) {
        const chunk = this.#socket.read() as Buffer | null;
        if (chunk === null) return null;
        seen = Buffer.concat([seen, chunk]);
        const at = seen.indexOf(end);
        if (at !== -1) {
          const rest = seen.subarray(at + end.length);
          if (rest.length > 0) this.#socket.unshift(rest);
          return seen.subarray(0, at + end.length);
        }
        if (seen.length > limit) {
          this.#failure = proxyFailure(
            this.#talk,
            'says too much.',
            'Something other than this kind of proxy listens there.',
          );
          return null;
        }
      }
    });
  }

  #read(take: () => Buffer | null): Promise<Buffer> {
    const { signal } = this.#talk;
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        socket.removeListener('readable', attempt);
        socket.removeListener('end', onEnd);
        socket.removeListener('close', onEnd);
        socket.removeListener('error', onEnd);
        signal.removeEventListener('abort', onAbort);
        act();
      };
      const onEnd = (error?: unknown): void =>
        settle(() =>
          reject(
            proxyFailure(
              this.#talk,
              `hung up before ${this.#talk.host.name} was reached.`,
              'Check that it is this kind of proxy and that it lets you through.',
              error instanceof Error ? error : undefined,
            ),
          ),
        );
      const onAbort = (): void =>
        settle(() => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted')));
      const attempt = (): void => {
        const got = take();
        const failure = this.#failure;
        if (got) settle(() => resolve(got));
        else if (failure) settle(() => reject(failure));
      };
      socket.on('readable', attempt);
      socket.once('end', onEnd);
      socket.once('close', onEnd);
      socket.once('error', onEnd);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      else if (socket.destroyed) onEnd();
      else attempt();
    });
  }
}
