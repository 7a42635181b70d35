import { chmod, rename, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { eventSchema, type EngineEvent } from '../../../shared/contract/events.ts';
import type { ContractApi } from '../../../shared/contract/calls.ts';
import { engine } from '../../../shared/i18n/sentences/engine.ts';
import { asHoldfastError, HoldfastError } from '../../../shared/model/failure.ts';
import type { Profile } from '../config/paths.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import type { Event } from '../lifecycle/emitter.ts';
import { inPrivateFolder } from '../lifecycle/private-socket.ts';
import { createSocketServer } from '../lifecycle/socket-server.ts';
import type { Log } from '../log/log.ts';
import { RareLines, strangersEveryMs } from '../log/rare-lines.ts';
import { ClientEntrance } from './client-entrance.ts';
import { ClientSession } from './client-session.ts';
import { type ControlKey, controlPlace, makeControlKey } from './control-key.ts';
import { FileLock } from './engine-lock.ts';
import { killCommand } from './process-identity.ts';
import { assertPathFits, fileIdentity, isWindows, prepareSocketFolder, probeSocket } from './socket-place.ts';

/**
 * control: serves the contract to the command and other shells, over a unix socket or a Windows named pipe.
 *
 * - control-server.ts  the listener; makes, guards and removes the socket
 * - client-session.ts  one connected shell: frames, greeting, calls, subscriptions, bounds
 * - client-entrance.ts, control-key.ts, line-frames.ts  the proof before it, on Windows
 * - line-reader.ts     bytes to lines with a size limit
 * - contract-session.ts  what a shell may ask, whatever carries it; request-flow.ts how much of it at once
 * - socket-place.ts    the rules for the socket and its folder
 * - engine-lock.ts     one engine a profile
 * - process-identity.ts  tells a process from a later one with the same id
 * - control-client.ts  the other side, for shells; contract-client.ts: what it does whatever carries the frames
 * - panel-server.ts   the pages in a browser; panel-entrance.ts, panel-secrets.ts who comes in, panel-session.ts one page
 * - port-session.ts, port-client.ts  both sides for a shell on another thread of this process
 *
 * Who may connect is decided by the file system alone: the socket is 0600 in a folder that is ours, that nobody else may write, and no link. Node has
 * no SO_PEERCRED, so there is no second check of the peer's user id. A client in turn checks all of the way to the socket, and its owner, before it says
 * a word. On Windows a pipe has the default access list (its owner and administrators may write), any user can take its name, and Node
 * does not tell whose it is: there engine and shell prove to each other that they can read the key in the profile's state folder.
 */

export interface ControlServerDeps {
  readonly api: ContractApi;
  readonly events: Event<EngineEvent>;
  readonly profile: Profile;
  readonly log: Log;
  readonly clock: Clock;
  /** Shells must prove that they can read the engine's key, and get its proof; on Windows. */
  readonly mutualProof?: boolean;
  /** More shells than this at once are turned away. */
  readonly maxClients?: number;
}

const usualMaxClients = 4096;
/** What the system says of a place that no socket can be made at. */
const unfit: readonly string[] = ['EACCES', 'EDQUOT', 'ELOOP', 'ENAMETOOLONG', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS'];

/** Listens at the profile's control socket. One instance is started once. */
export class ControlServer implements Disposable {
  readonly #deps: ControlServerDeps;
  readonly #store = new DisposableStore();
  readonly #sessions = new Set<ClientSession>();
  readonly #strangers = new Set<ClientEntrance>();
  readonly #rareLines: RareLines;
  #key: ControlKey | null = null;
  #nextClient = 1;

  constructor(deps: ControlServerDeps) {
    this.#deps = { ...deps, log: deps.log.child({ part: 'control' }) };
    this.#rareLines = new RareLines({ log: this.#deps.log, clock: deps.clock, everyMs: strangersEveryMs });
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
    const server = createSocketServer({ allowHalfOpen: true }, (error) =>
      this.#rareLines.error('fault', 'The control socket has a fault', { error }),
    );
    server.on('connection', (socket) => this.#meet(socket));
    const limit = this.#deps.maxClients ?? usualMaxClients;
    server.maxConnections = limit;
    server.on('drop', () => this.#rareLines.warn('drop', 'A shell was turned away: too many are connected', { limit }));
    this.#store.defer(() => server.close());
    try {
      if (this.#deps.mutualProof ?? isWindows) this.#key = this.#store.add(await makeControlKey(profile));
      if (isWindows) await bind(server, profile.socketPath);
      else await this.#bindUnix(server, profile.socketPath);
    } catch (error) {
      this.dispose();
      throw this.#startError(error);
    }
    this.#store.add(this.#deps.events((event) => this.#broadcast(event)));
    log.info('The control socket answers', { socket: profile.socketPath });
  }

  dispose(): void {
    for (const session of [...this.#strangers, ...this.#sessions]) session.dispose();
    this.#sessions.clear();
    this.#store.dispose();
  }

  /**
   * The socket is bound in a private folder and moved to its place once its mode is right: at no moment can another user connect, whatever the
   * umask. The lock keeps two starters from removing each other's socket.
   */
  async #bindUnix(server: Server, path: string): Promise<void> {
    const { profile } = this.#deps;
    assertPathFits(path);
    await prepareSocketFolder(profile);
    const guard = await FileLock.acquire(`${path}.lock`, { configFile: profile.configFile, socketPath: path });
    try {
      await this.#removeStale(path);
      await inPrivateFolder(path, async (hidden) => {
        await bind(server, hidden);
        await chmod(hidden, 0o600);
        await rename(hidden, path);
      });
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
          message: engine.placeTaken({ why: found.reason }),
          next: engine.movePlaceAway(),
        });
    }
  }

  #startError(error: unknown): HoldfastError {
    const { profile } = this.#deps;
    if (error instanceof HoldfastError) return error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE') return alreadyRunning(profile, null);
    if (code !== undefined && unfit.includes(code)) {
      return new HoldfastError({
        code: 'config',
        where: profile.socketPath,
        message: engine.socketNotMade({ code }),
        next: engine.checkSocketFolder(),
        cause: error,
      });
    }
    return asHoldfastError(error, profile.socketPath);
  }

  #meet(socket: Socket): void {
    const { clock, profile } = this.#deps;
    if (this.#key === null) {
      this.#accept(socket);
      return;
    }
    const stranger: ClientEntrance = new ClientEntrance({
      socket,
      secret: this.#key.secret,
      place: controlPlace(profile),
      clock,
      rareLines: this.#rareLines,
      onEnter: (known) => this.#accept(known),
      onEnd: () => this.#strangers.delete(stranger),
    });
    this.#strangers.add(stranger);
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
    message: engine.answersAlready({ socket: profile.socketPath, pid }),
    next: engine.useOrEnd({ command: pid === null ? null : killCommand(pid) }),
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
