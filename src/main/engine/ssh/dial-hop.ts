import type { Socket } from 'node:net';
import type { HostConfig, ProxyConfig } from '../../../shared/model/config.ts';
import { HoldfastError, assertNever } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Redact } from '../log/redact.ts';
import type { Secret } from '../secrets/secret.ts';
import type { AskSecrets } from './authenticator.ts';
import { dialFirst, onAbort, resolveAddresses } from './dial.ts';
import { channelStream, socketStream } from './dial-stream.ts';
import type { HopStream } from './hop-stream.ts';
import type { SshLink } from './link.ts';
import { type ProxyTalk, proxyUnreachable } from './proxy.ts';
import { startProxyCommand } from './proxy-command.ts';
import { talkHttpConnect } from './proxy-http.ts';
import { talkSocks5 } from './proxy-socks.ts';
import { jumpFailure } from './dial-failure.ts';
import { addressText } from './failure-base.ts';

export interface HopRequest {
  readonly host: HostConfig;
  /** The jump host's link; then nothing is dialled here. */
  readonly via: SshLink | null;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onPhase: (phase: 'resolve' | 'dial') => void;
  /** For the password of a proxy. */
  readonly askSecrets: AskSecrets;
  /** See `ConnectorParts`. */
  readonly redact: Redact;
}

/** The way to the server: through the jump host, the proxy, or straight. Rejects with `HoldfastError` or the signal's reason. */
export async function openHopStream(request: HopRequest): Promise<HopStream> {
  const { host, via, clock, onPhase } = request;
  if (via) {
    onPhase('dial');
    return openVia(request, via);
  }
  const { proxy } = host;
  if (proxy === null) {
    const addresses = await prepare(request, host.address);
    const socket = await dialFirst(host, { name: host.address, port: host.port }, addresses, clock, request.signal);
    return socketStream(socket, clock);
  }
  switch (proxy.kind) {
    case 'command':
      onPhase('dial');
      return startProxyCommand(host, proxy.command, clock);
    case 'socks5':
    case 'http':
      return socketStream(await dialProxy(request, proxy), clock);
    default:
      return assertNever(proxy);
  }
}

async function prepare(request: HopRequest, name: string) {
  request.onPhase('resolve');
  const addresses = await resolveAddresses(request.host, name, request.clock, request.signal);
  request.onPhase('dial');
  return addresses;
}

async function openVia(request: HopRequest, via: SshLink): Promise<HopStream> {
  const { host, clock, signal } = request;
  try {
    const channel = await via.open({ kind: 'tcp', host: host.address, port: host.port }, undefined, signal);
    return channelStream(channel, clock);
  } catch (error) {
    const isOpenFailure =
      error instanceof HoldfastError && (error.code === 'target-refused' || error.code === 'forward-denied');
    throw isOpenFailure ? jumpFailure(host, error) : error;
  }
}

type NetProxy = Exclude<ProxyConfig, { kind: 'command' }>;

/** What is said of an address on the way to the proxy is a failure of the proxy, not of the host behind it. */
async function reachProxy<T>(request: HopRequest, proxy: NetProxy, reach: () => Promise<T>): Promise<T> {
  try {
    return await reach();
  } catch (error) {
    const isOfAddress = error instanceof HoldfastError && error.code !== 'offline' && !request.signal.aborted;
    throw isOfAddress ? proxyUnreachable(request.host, proxy, error) : error;
  }
}

async function dialProxy(request: HopRequest, proxy: NetProxy): Promise<Socket> {
  const { host, clock, signal } = request;
  const addresses = await reachProxy(request, proxy, () => prepare(request, proxy.host));
  const askPassword = async (): Promise<Secret> => {
    const answer = await request.askSecrets({
      kind: 'password',
      message: `Password for ${proxy.user ?? ''} at the proxy ${addressText(proxy.host, proxy.port)}`,
      fields: [
        { label: `Password for ${proxy.user ?? ''} at the proxy ${addressText(proxy.host, proxy.port)}`, echo: false },
      ],
      round: 1,
      mayRemember: false,
    });
    const [value] = answer.values;
    if (!value) throw new Error('an answer without a value');
    return value;
  };
  const talk: ProxyTalk = { host, proxy, askPassword, signal, redact: request.redact };
  let password: Secret | null = null;
  for (;;) {
    const socket = await reachProxy(request, proxy, () =>
      dialFirst(host, { name: proxy.host, port: proxy.port }, addresses, clock, signal),
    );
    const aborted = onAbort(signal, () => socket.destroy());
    try {
      if (proxy.kind === 'socks5') {
        await talkSocks5(socket, talk);
        return socket;
      }
      if ((await talkHttpConnect(socket, talk, password)) === 'connected') return socket;
      socket.destroy();
      password = await askPassword();
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      aborted.dispose();
    }
  }
}
