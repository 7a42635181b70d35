import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Profile, resolveProfile } from '../engine/config/paths.ts';
import { type Disposable, DisposableStore } from '../engine/lifecycle/disposable.ts';
import { createHttpServer } from '../engine/lifecycle/socket-server.ts';
import { makeDemoKey } from './demo-key.ts';
import { type DemoServer, OneTimeCode, startDemoServer } from './ssh-server.ts';
import { layWire, type Wire } from './wire.ts';

/** What the service behind the target says to everybody who reaches it. */
export const greeting = 'Hello from behind the bastion.';

/** The name of the demo's one tunnel. */
export const demoTunnel = 'website';

/** Servers, wires and profile of the demo. Disposing of it stops all; `remove` deletes the temporary folder. */
export interface Stage extends Disposable {
  readonly profile: Profile;
  /** What another process needs to work on this profile. */
  readonly env: Readonly<Record<string, string>>;
  readonly otp: OneTimeCode;
  readonly bastion: DemoServer;
  readonly target: DemoServer;
  /** Between this machine and the bastion. */
  readonly outerWire: Wire;
  /** Between the bastion and the target. */
  readonly innerWire: Wire;
  /** SHA256 fingerprints as the owner of the servers would tell them, by host name. */
  readonly fingerprints: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Sets the stage: nothing outside the temporary folder and loopback is touched. */
export async function setStage(): Promise<Stage> {
  const store = new DisposableStore();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
    const bastionKey = makeDemoKey();
    const targetKey = makeDemoKey();
    const userKey = makeDemoKey('holdfast demo');
    const otp = new OneTimeCode();

    const website = store.add(await startWebsite());
    const target = store.add(
      await startDemoServer({ hostKey: targetKey.private, login: { kind: 'key', publicKey: userKey.public } }),
    );
    const innerWire = store.add(await layWire(target.port));
    const bastion = store.add(await startDemoServer({ hostKey: bastionKey.private, login: { kind: 'otp', otp } }));
    const outerWire = store.add(await layWire(bastion.port));

    const identity = join(folder, 'id_ed25519');
    await writeFile(identity, userKey.private, { mode: 0o600 });
    const configFile = join(folder, 'config.toml');
    await writeFile(
      configFile,
      configuration({ outerPort: outerWire.port, innerPort: innerWire.port, websitePort: website.port }),
      { mode: 0o600 },
    );
    // A state folder and a socket of its own: nothing of the person's profiles is touched, in this process or in the app's.
    const env = {
      HOLDFAST_STATE: join(folder, 'state'),
      ...(process.platform === 'win32' ? {} : { HOLDFAST_SOCKET: join(folder, 'control.sock') }),
    };
    const profile = resolveProfile(configFile, env);
    return {
      profile,
      env,
      otp,
      bastion,
      target,
      outerWire,
      innerWire,
      fingerprints: { bastion: fingerprint(bastionKey.public), target: fingerprint(targetKey.public) },
      dispose: () => store.dispose(),
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    store.dispose();
    throw error;
  }
}

function configuration(ports: { outerPort: number; innerPort: number; websitePort: number }): string {
  return `# The demo's own profile. Everything in it lives in this folder and ends with the demo.
version = 1

[settings]
secret-store = "memory"

[hosts.bastion]
address = "127.0.0.1"
port = ${ports.outerPort}
user = "newcomer"
agent = false
known-hosts = ["known_hosts"]

[hosts.target]
address = "127.0.0.1"
port = ${ports.innerPort}
user = "newcomer"
identity = ["id_ed25519"]
agent = false
jump = ["bastion"]
known-hosts = ["known_hosts"]

[tunnels.${demoTunnel}]
host = "target"
start = "manual"
forwards = ["local 127.0.0.1:0 -> 127.0.0.1:${ports.websitePort}"]
`;
}

function fingerprint(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

async function startWebsite(): Promise<Disposable & { port: number }> {
  const server = createHttpServer(
    {},
    (_request, response) => {
      response
        .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
        .end(`${greeting}\n`);
    },
    () => undefined,
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    dispose() {
      server.close();
      server.closeAllConnections();
    },
  };
}
