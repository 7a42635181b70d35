import { chmod, mkdtemp, rename, rm, rmdir } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { eventSchema, type EngineEvent } from '../../../shared/contract/events.ts';
import type { ContractApi } from '../../../shared/contract/calls.ts';
import { asHoldfastError, HoldfastError } from '../../../shared/model/failure.ts';
import type { Profile } from '../config/paths.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import type { Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/log.ts';
import { ClientSession } from './client-session.ts';
import { FileLock } from './engine-lock.ts';
import { killCommand } from './process-identity.ts';
import {
  assertPathFits,
  fileIdentity,
  isWindows,
  longestSocketPath,
  prepareSocketFolder,
  probeSocket,
} from './socket-place.ts';

/**
 * control: serves the contract to the command and other shells, over a unix socket or a Windows named pipe.
 *
 * - control-server.ts  the listener; makes, guards and removes the socket
 * - client-session.ts  one connected shell: frames, greeting, calls, subscriptions, bounds
 * - line-reader.ts     bytes to lines with a size limit
 * - contract-session.ts  what a shell may ask, whatever carries it
 * - socket-place.ts    the rules for the socket and its folder
 * - engine-lock.ts     one engine a profile
 * - process-identity.ts  tells a process from a later one with the same id
 * - control-client.ts  the other side, for shells; contract-client.ts: what it does whatever carries the frames
 * - port-session.ts, port-client.ts  both sides for a shell on another thread of this process
 *
 * Who may connect is decided by the file system alone: the socket is 0600 in a folder of 0700 that is ours and no link. Node has no
 * SO_PEERCRED, so there is no second check of the peer's user id; on Windows the pipe has the default access list (its owner and
 * administrators may write). A client in turn checks the owner of the socket before it says a word.
 */

export interface ControlServerDeps {
  readonly api: ContractApi;
  readonly events: Event<EngineEvent>;
  readonly profile: Profile;
  readonly log: Log;
  readonly clock: Clock;
}

/** More shells than this at once are turned away. */
const maxClients = 4096;

/** Listens at the profile's control socket. One instance is started once. */
export class ControlServer implements Disposable {
  readonly #deps: ControlServerDeps;
  readonly #store = new DisposableStore();
  readonly #sessions = new Set<ClientSession>();
  #nextClient = 1;

  constructor(deps: ControlServerDeps) {
    this.#deps = { ...deps, log: deps.log.child({ part: 'control' }) };
  }

  /** Connected shells. */
  get clientCount(): number {
    return this.#sessions.size;
  }

  /**
   * Makes the socket and answers on it. A stale socket is removed first. Rejects with `already-running` if an engine answers there, with
   * `config` if the place is not safe.
   */
  async start(): Promise<void> {
    const { profile, log } = this.#deps;
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    server.maxConnections = maxClients;
    server.on('drop', () => log.warn('A shell was turned away: too many are connected', { limit: maxClients }));
    this.#store.defer(() => server.close());
    try {
      if (isWindows) await bind(server, profile.socketPath);
      else await this.#bindUnix(server, profile.socketPath);
    } catch (error) {
      this.dispose();
      throw this.#startError(error);
    }
    server.on('error', (error) => log.error('The control socket has a fault', { error }));
    this.#store.add(this.#deps.events((event) => this.#broadcast(event)));
    log.info('The control socket answers', { socket: profile.socketPath });
  }

  dispose(): void {
    for (const session of [...this.#sessions]) session.dispose();
    this.#sessions.clear();
    this.#store.dispose();
  }

  /**
   * The socket is bound in a private folder beside its place and moved there once its mode is right: at no moment can another user
   * connect, whatever the umask (which a worker thread cannot set). The lock keeps two starters from removing each other's socket.
   */
  async #bindUnix(server: Server, path: string): Promise<void> {
    const { profile } = this.#deps;
    assertPathFits(path);
    await prepareSocketFolder(profile);
    const guard = await FileLock.acquire(`${path}.lock`, { configFile: profile.configFile, socketPath: path });
    try {
      await this.#removeStale(path);
      const folder = await mkdtemp(join(dirname(path), '.hf-'));
      const temporary = join(folder, 's');
      try {
        const direct = Buffer.byteLength(temporary) > longestSocketPath;
        await bind(server, direct ? path : temporary);
        await chmod(direct ? path : temporary, 0o600);
        if (!direct) await rename(temporary, path);
      } finally {
        await rmdir(folder).catch(() => rm(folder, { recursive: true, force: true }));
      }
    } finally {
      guard.dispose();
    }
    const own = fileIdentity(path);
    // Only our own socket is removed: a later engine's may be in its place.
    this.#store.defer(() => {
      if (own !== null && fileIdentity(path) === own) rmSync(path, { force: true });
    });
  }

  async #removeStale(path: string): Promise<void> {
    const { profile, log } = this.#deps;
    const found = await probeSocket(path);
    switch (found.kind) {
      case 'absent':
        return;
      case 'stale':
        log.info('A socket that nobody served was removed', { socket: path });
        await rm(path, { force: true });
        return;
      case 'live':
        throw alreadyRunning(profile, found.pid);
      case 'foreign':
        throw new HoldfastError({
          code: 'config',
          where: path,
          message: `The place of the control socket is taken: ${found.reason}.`,
          next: `Look at it, move it away, then start again; or name another socket with HOLDFAST_SOCKET.`,
        });
    }
  }

  #startError(error: unknown): HoldfastError {
    const { profile } = this.#deps;
    if (error instanceof HoldfastError) return error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE') return alreadyRunning(profile, null);
    if (code === 'EACCES' || code === 'EROFS' || code === 'ENOSPC' || code === 'ENOTDIR') {
      return new HoldfastError({
        code: 'config',
        where: profile.socketPath,
        message: `The control socket could not be made (${code}).`,
        next: 'Check that its folder is yours and has room, or name another socket with HOLDFAST_SOCKET.',
        cause: error,
      });
    }
    return asHoldfastError(error, profile.socketPath);
  }

  #accept(socket: Socket): void {
    const { api, clock, log } = this.#deps;
    const session: ClientSession = new ClientSession({
      socket,
      api,
      clock,
      log: log.child({ part: `control client ${this.#nextClient++}` }),
      onEnd: () => {
        this.#sessions.delete(session);
        session.dispose();
      },
    });
    this.#sessions.add(session);
  }

  #broadcast(event: EngineEvent): void {
    if (this.#sessions.size === 0) return;
    let line: string | null = null;
    for (const session of [...this.#sessions]) {
      if (!session.wants(event)) continue;
      line ??= this.#eventLine(event);
      if (line === null) return;
      session.sendEvent(line);
    }
  }

  #eventLine(event: EngineEvent): string | null {
    const checked = eventSchema.safeParse(event);
    if (checked.success) return `${JSON.stringify({ event: checked.data })}\n`;
    this.#deps.log.error('An event does not fit the contract and was not sent', { event: event.kind });
    return null;
  }
}

function alreadyRunning(profile: Profile, pid: number | null): HoldfastError {
  return new HoldfastError({
    code: 'already-running',
    where: profile.configFile,
    message: `An engine already answers at ${profile.socketPath}${pid === null ? '' : ` (pid ${pid})`}.`,
    next: `Use it as it is (holdfast status), or end it first${pid === null ? '' : `: ${killCommand(pid)}`}.`,
  });
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path, backlog: 1024 }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
