import { randomInt } from 'node:crypto';
import { connect, type AddressInfo } from 'node:net';
import type { AuthContext, Connection, KeyboardAuthContext, PublicKeyAuthContext } from 'ssh2';
import ssh2 from 'ssh2';
import { type Disposable, DisposableStore, listen } from '../engine/lifecycle/disposable.ts';

/**
 * demo: everything a newcomer needs to see Holdfast work without owning a server.
 *
 * - ssh-server.ts  a small SSH server on loopback that lets clients through to loopback ports
 * - wire.ts        the cable between two programs, which can be cut
 * - stage.ts       bastion, target, service and a profile of their own in a temporary folder
 * - walk.ts        the narrated walk in the terminal
 * - index.ts       the `npm run demo` command
 *
 * These servers are for the demo alone: real servers are OpenSSH's or dropbear.
 */

/** How the demo's servers recognise a login. */
export type DemoLogin =
  /** Asks for the code that `otp.current` shows; each code works once. */
  | { readonly kind: 'otp'; readonly otp: OneTimeCode }
  /** Accepts this public key, in its OpenSSH text form. */
  | { readonly kind: 'key'; readonly publicKey: string };

/** Stands in for the authenticator on a person's phone. */
export class OneTimeCode {
  #current = newCode();

  get current(): string {
    return this.#current;
  }

  /** True for the right code, which is then used up. */
  accept(code: string): boolean {
    const right = code.trim() === this.#current;
    if (right) this.#current = newCode();
    return right;
  }
}

function newCode(): string {
  return String(randomInt(0, 1_000_000)).padStart(6, '0');
}

export interface DemoServer extends Disposable {
  readonly port: number;
  /** Successful logins so far. */
  readonly logins: number;
}

/** Starts an SSH server on a free port of 127.0.0.1. It serves direct-tcpip to loopback and nothing else. */
export async function startDemoServer(options: { hostKey: string; login: DemoLogin }): Promise<DemoServer> {
  const store = new DisposableStore();
  let logins = 0;
  const server = new ssh2.Server(
    { hostKeys: [options.hostKey], banner: 'Holdfast demo server: nothing here is real but the encryption.\n' },
    (client) => {
      serveClient(client, options.login, store, () => {
        logins += 1;
      });
    },
  );
  store.defer(() => server.close());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get logins() {
      return logins;
    },
    dispose: () => store.dispose(),
  };
}

function serveClient(client: Connection, login: DemoLogin, store: DisposableStore, onLogin: () => void): void {
  const end = store.defer(() => client.end());
  client.on('error', () => client.end());
  client.on('close', () => store.release(end));
  client.on('authentication', (context) => authenticate(context, login));
  client.on('ready', () => onLogin());
  client.on('tcpip', (accept, reject, info) => {
    if (info.destIP !== '127.0.0.1' && info.destIP !== 'localhost') {
      reject();
      return;
    }
    const socket = connect({ host: '127.0.0.1', port: info.destPort, noDelay: true });
    const refused = listen(socket, 'error', () => reject());
    socket.once('connect', () => {
      refused.dispose();
      const channel = accept();
      socket.on('error', () => channel.close());
      channel.on('error', () => socket.destroy());
      channel.on('close', () => socket.destroy());
      socket.pipe(channel).pipe(socket);
    });
  });
}

function authenticate(context: AuthContext, login: DemoLogin): void {
  if (login.kind === 'otp' && context.method === 'keyboard-interactive') return askForCode(context, login.otp);
  if (login.kind === 'key' && context.method === 'publickey') return checkKey(context, login.publicKey);
  context.reject([login.kind === 'otp' ? 'keyboard-interactive' : 'publickey']);
}

function askForCode(context: KeyboardAuthContext, otp: OneTimeCode): void {
  context.prompt(
    [{ prompt: 'Verification code: ', echo: true }],
    'Two-step login',
    'Enter the code from your authenticator.',
    (answers) => {
      if (otp.accept(answers[0] ?? '')) context.accept();
      else context.reject(['keyboard-interactive']);
    },
  );
}

function checkKey(context: PublicKeyAuthContext, publicKey: string): void {
  const allowed = ssh2.utils.parseKey(publicKey);
  if (allowed instanceof Error) throw allowed;
  const known = context.key.algo === allowed.type && context.key.data.equals(allowed.getPublicSSH());
  const proved =
    !context.signature || (context.blob !== undefined && allowed.verify(context.blob, context.signature) === true);
  if (known && proved) context.accept();
  else context.reject(['publickey']);
}
