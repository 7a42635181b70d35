import { HoldfastError } from '../../../shared/model/failure.ts';
import { createSocketServer } from '../lifecycle/socket-server.ts';
import { findPortHolder } from './port-holder.ts';

/** A bind that did not work: what tcpBindError turns into words. */
export class BindFailure {
  readonly code: string;
  readonly place: { readonly address: string; readonly port: number };
  /** The tunnel of ours that has it. */
  readonly tunnel: string | null;
  readonly cause: unknown;

  constructor(code: string, place: { address: string; port: number }, tunnel: string | null, cause: unknown) {
    this.code = code;
    this.place = place;
    this.tunnel = tunnel;
    this.cause = cause;
  }
}

export interface BindContext {
  /** The forward's spec. */
  readonly where: string;
  /** All addresses that the forward wants. */
  readonly addresses: readonly string[];
  /** End of the range of ports that were tried; at or below the place's port: there was none. */
  readonly lastPort: number;
}

/** Puts a failed TCP bind into words: who holds the port, which one is free. */
export async function tcpBindError(
  failure: BindFailure,
  context: BindContext,
  platform: NodeJS.Platform = process.platform,
): Promise<HoldfastError> {
  const { where } = context;
  const { address, port } = failure.place;
  const common = { where, cause: failure.cause };
  switch (failure.code) {
    case 'EADDRINUSE': {
      const isRange = context.lastPort > port;
      const holder = failure.tunnel === null ? await holderText(port) : `tunnel ${failure.tunnel}`;
      const message = isRange
        ? `No port from ${port} to ${context.lastPort} is free here; ${port} is taken by ${holder}.`
        : `Port ${port} here is taken by ${holder}.`;
      const free = await freePortAfter(context.addresses, Math.max(port, context.lastPort));
      const offer = free === null ? 'Choose another port' : `Port ${free} is free: use it`;
      return new HoldfastError({
        ...common,
        code: 'port-in-use',
        message,
        next: `${offer}, or stop the other program. Holdfast tries again by itself.`,
      });
    }
    case 'EACCES':
    case 'EPERM': {
      if (platform === 'win32') {
        return new HoldfastError({
          ...common,
          code: 'port-forbidden',
          message: `Windows keeps port ${port} back, often in a range reserved for Hyper-V.`,
          next: `See the ranges with: netsh interface ipv4 show excludedportrange protocol=tcp. Choose a port outside them.`,
        });
      }
      return new HoldfastError({
        ...common,
        code: 'port-forbidden',
        message:
          port < 1024
            ? `Ports below 1024 need more rights than this account has (port ${port}).`
            : `This account may not listen on port ${port}.`,
        next:
          port < 1024
            ? `Use a port from 1024 up, for example ${port + 8000}.`
            : 'Choose another port, or ask who runs this machine.',
      });
    }
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return new HoldfastError({
        ...common,
        code: 'bind-failed',
        message: `This machine has no address ${address} now.`,
        next: 'Use 127.0.0.1, or wait until that network is there. Holdfast tries again by itself.',
      });
    default:
      return new HoldfastError({
        ...common,
        code: 'bind-failed',
        message: `The system does not let Holdfast listen on port ${port} (${failure.code}).`,
        next: 'Holdfast tries again by itself.',
      });
  }
}

async function holderText(port: number): Promise<string> {
  const holder = await findPortHolder(port);
  if (holder === null) return 'another program';
  if (holder.pid === process.pid) return `Holdfast itself (pid ${holder.pid})`;
  return holder.program === null ? `the program with pid ${holder.pid}` : `${holder.program} (pid ${holder.pid})`;
}

const offersTried = 20;

/** The first of the ports above `port` that can be bound on all addresses, or null. */
async function freePortAfter(addresses: readonly string[], port: number): Promise<number | null> {
  for (let candidate = port + 1; candidate <= Math.min(65_535, port + offersTried); candidate += 1) {
    if (await isPortFree(addresses, candidate)) return candidate;
  }
  return null;
}

/** True if this port can be bound on all of these addresses right now. */
async function isPortFree(addresses: readonly string[], port: number): Promise<boolean> {
  for (const host of addresses) {
    const free = await new Promise<boolean>((resolve) => {
      // Whoever connects in the moment of the try is let go at once.
      const server = createSocketServer({}, () => undefined);
      server.on('connection', (socket) => socket.destroy());
      server.once('error', (error: NodeJS.ErrnoException) =>
        resolve(error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT'),
      );
      server.listen({ host, port, ipv6Only: host.includes(':'), exclusive: true }, () =>
        server.close(() => resolve(true)),
      );
    });
    if (!free) return false;
  }
  return true;
}
