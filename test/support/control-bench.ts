import { connect, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { contractVersion } from '../../src/shared/contract/calls.ts';
import type { Profile } from '../../src/main/engine/config/paths.ts';
import { ControlClient } from '../../src/main/engine/control/control-client.ts';
import { ControlServer, type ControlServerDeps } from '../../src/main/engine/control/control-server.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { silentLog } from '../../src/main/engine/log/log.ts';
import type { FakeClock } from './fake-clock.ts';
import { FakeEngine } from './fake-engine.ts';
import { checkLeaks } from './leak-check.ts';
import { tempFolder } from './temp.ts';
import { until } from './until.ts';

/** Control servers with a fake engine, clients and raw connections; all are closed when the test ends, before its leak check. */

const cleanUps: (() => void)[] = [];

/** Call once at the top of a test file. */
export function checkedForLeaks(): void {
  checkLeaks();
  // Registered after the leak check, so that it runs before it.
  afterEach(() => {
    for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
  });
}

export function atEnd(cleanUp: () => void): void {
  cleanUps.push(cleanUp);
}

export function profileIn(folder: string, more: Partial<Profile> = {}): Profile {
  return {
    configFile: `${folder}/config.toml`,
    id: 'x',
    stateFolder: `${folder}/state`,
    logFolder: `${folder}/state/logs`,
    lockFile: `${folder}/state/engine.lock`,
    socketPath: `${folder}/run/control.sock`,
    socketChosen: false,
    ...more,
  };
}

export function makeServer(
  profile: Profile,
  engine = new FakeEngine(),
  clock: FakeClock | typeof systemClock = systemClock,
  more: Partial<ControlServerDeps> = {},
) {
  const server = new ControlServer({
    api: engine.api,
    events: engine.events.event,
    profile,
    log: silentLog,
    clock,
    mutualProof: false,
    ...more,
  });
  atEnd(() => server.dispose());
  return server;
}

export async function serving(engine = new FakeEngine(), clock: FakeClock | typeof systemClock = systemClock) {
  const profile = profileIn(tempFolder().path);
  const server = makeServer(profile, engine, clock);
  await server.start();
  return { profile, server, engine };
}

export async function client(profile: Profile): Promise<ControlClient> {
  const connected = await ControlClient.connect(profile);
  atEnd(() => connected.dispose());
  return connected;
}

/** A raw connection: what it got so far, and its end. */
export class Raw {
  text = '';
  closed = false;
  readonly socket: Socket;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
    atEnd(() => void this.socket.destroy());
  }

  send(value: unknown): void {
    this.socket.write(`${JSON.stringify(value)}\n`);
  }

  get frames(): { id?: number | null; ok?: boolean; output?: unknown; error?: { code: string; message: string } }[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Raw['frames'][number]);
  }

  async frame(index: number): Promise<Raw['frames'][number]> {
    return until(() => (this.text.split('\n').length > index + 1 ? this.frames[index] : null), {
      what: `frame ${index}`,
      seen: () => this.text,
    });
  }

  async ended(): Promise<void> {
    await until(() => this.closed, { what: 'the connection to be closed', seen: () => this.text });
  }
}

export const hello = { id: 1, call: 'hello', input: { client: 'test', contract: contractVersion } };
