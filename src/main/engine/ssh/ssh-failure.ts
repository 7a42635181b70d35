import type { Said } from '../../../shared/i18n/said.ts';
import { dial } from '../../../shared/i18n/sentences/dial.ts';
import { server } from '../../../shared/i18n/sentences/server.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import { assertNever, HoldfastError, type Phase } from '../../../shared/model/failure.ts';
import type { Redact } from '../log/redact.ts';
import { type SupportedAlgorithms, supportedAlgorithms } from './algorithms.ts';
import { addressText, errorCode, makeFailure, type Place, textLimit, textOf } from './failure-base.ts';

/**
 * Turns what ssh2 and the stream below it throw into `HoldfastError`. This file, dial-failure.ts (resolver, sockets) and channel-failure.ts
 * (channels) are the only places that look at codes and message texts of others.
 */

/** Where a session stands: before the server's identification line, in the first key exchange, in authentication, or up. */
export type SessionStage = 'hello' | 'key-exchange' | 'auth' | 'open';

function phaseOf(stage: SessionStage): Phase | undefined {
  switch (stage) {
    case 'hello':
    case 'key-exchange':
      return 'key-exchange';
    case 'auth':
      return 'auth';
    case 'open':
      return undefined;
    default:
      return assertNever(stage);
  }
}

/** The connection stands, but the first key exchange was not done in `limitMs`; the next try allows `nextMs`. */
export function handshakeTimeout(
  host: HostConfig,
  stage: SessionStage,
  { limitMs, nextMs }: { readonly limitMs: number; readonly nextMs: number },
): HoldfastError {
  const place: Place = { host, phase: 'key-exchange' };
  if (stage === 'hello')
    return makeFailure(
      place,
      'timeout',
      server.noHello({ host: host.name, limitMs }),
      server.maybeOverloaded({ host: host.name, nextMs }),
    );
  return makeFailure(
    place,
    'timeout',
    server.slowKeyExchange({ host: host.name, limitMs }),
    server.maybeMtu({ host: host.name, nextMs }),
  );
}

/** The login took too long. */
export function loginTimeout(host: HostConfig): HoldfastError {
  return makeFailure(
    { host, phase: 'auth' },
    'timeout',
    server.slowLogin({ host: host.name, limitMs: host.authTimeoutMs }),
    server.maybeDirectory(),
  );
}

/** The stream below the session ended: `error` is the socket's, `said` what the transport has to say of it (a proxy command's stderr). */
export function streamFailure(
  host: HostConfig,
  stage: SessionStage,
  error: unknown,
  said: string | null,
): HoldfastError {
  const code = errorCode(error);
  const reset = code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED';
  const silent = code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ENETDOWN';
  if (said !== null)
    return makeFailure(
      { host, phase: stage === 'open' ? undefined : stage === 'auth' ? 'auth' : 'dial' },
      stage === 'open' ? 'link-lost' : 'proxy-command-failed',
      server.proxyCommandEnded({ host: host.name, said: cleanLine(said, 1024) }),
      server.runCommandByHand(),
      { cause: error },
    );
  if (stage === 'open') {
    const place: Place = { host, phase: undefined };
    if (silent)
      return makeFailure(place, 'link-lost', server.networkGone({ host: host.name }), server.connectsAgain(), {
        where: 'network',
        cause: error,
      });
    if (reset)
      return makeFailure(place, 'link-lost', server.linkReset({ host: host.name }), server.connectsAgain(), {
        cause: error,
      });
    return makeFailure(
      place,
      'server-closed',
      server.closedWithoutReason({ host: host.name }),
      server.connectsAgainSeeLog(),
      { cause: error },
    );
  }
  const place: Place = { host, phase: stage === 'auth' ? 'auth' : 'key-exchange' };
  if (silent)
    return makeFailure(place, 'unreachable', server.networkWentAway({ host: host.name }), dial.checkNetwork(), {
      where: 'network',
      cause: error,
    });
  switch (stage) {
    case 'hello':
      return makeFailure(
        place,
        reset ? 'reset' : 'closed-early',
        server.hungUpBeforeHello({ host: host.name }),
        server.busyBlockedOrNoSsh(),
        { cause: error },
      );
    case 'key-exchange':
      return makeFailure(
        place,
        reset ? 'reset' : 'closed-early',
        server.hungUpInKeyExchange({ host: host.name }),
        server.busyOrRefuses(),
        { cause: error },
      );
    case 'auth':
      return makeFailure(
        place,
        reset ? 'reset' : 'closed-early',
        server.hungUpInLogin({ host: host.name }),
        server.timeOrTriesOver(),
        { cause: error },
      );
    default:
      return assertNever(stage);
  }
}

/** SSH_MSG_DISCONNECT from the server (RFC 4253 section 11.1). `text` as it came: what it says counts, what is shown goes through `redact`. */
export function disconnectFailure(
  host: HostConfig,
  stage: SessionStage,
  reason: number,
  text: string,
  redact: Redact,
): HoldfastError {
  const shown = cleanLine(redact(text), textLimit);
  const said = shown === '' ? server.reasonNumber({ reason }) : server.inItsWords({ words: shown });
  const noMoreMethods = 14;
  if (stage === 'auth' && (reason === noMoreMethods || /too many authentication failures/i.test(text)))
    return makeFailure(
      { host, phase: 'auth' },
      'auth-failed',
      server.refusedAndHungUp({ host: host.name, user: cleanLine(host.user, 64), reason: said }),
      server.fewerKeys(),
    );
  const phase = phaseOf(stage);
  return makeFailure(
    { host, phase },
    'server-closed',
    server.closed({ host: host.name, reason: said }),
    server.triesAgainSeeLog(),
  );
}

/** What ssh2 says when the peer breaks the protocol, cut to whole classes. `offered`: the server's own lists, where they were read. */
export function protocolFailure(
  host: HostConfig,
  stage: SessionStage,
  error: unknown,
  offered: SupportedAlgorithms | null,
): HoldfastError {
  const text = textOf(error);
  const phase = phaseOf(stage);
  const missing = /no matching (.+)$/i.exec(text)?.[1]?.toLowerCase();
  if (stage === 'key-exchange' && missing !== undefined) return noCommonAlgorithm(host, missing, offered);
  if (/identification|greeting|header/i.test(text) && stage === 'hello') return notSsh(host, null);
  if (/output length exceeded/i.test(text)) return brokenProtocol(host, stage, server.packedTooMuch());
  if (/signature verification failed/i.test(text))
    return makeFailure(
      { host, phase },
      'protocol',
      server.noProofOfKey({ host: host.name }),
      server.checkNetworkFirst(),
      { cause: error },
    );
  const broken =
    /invalid mac|bad packet length|unable to authenticate data|decrypt|^error:|unsupported state/i.test(text) &&
    stage !== 'hello';
  return makeFailure(
    { host, phase },
    'protocol',
    broken
      ? server.damaged({ host: host.name })
      : server.brokeProtocol({
          host: host.name,
          fault: text === '' ? server.noDetail() : server.inWordsOfSsh2({ words: text }),
        }),
    server.lookBetween(),
    { cause: error },
  );
}

/** The server goes beyond what the protocol allows, or what is bearable. `fault` completes the sentence. */
export function brokenProtocol(host: HostConfig, stage: SessionStage, fault: Said): HoldfastError {
  return makeFailure(
    { host, phase: phaseOf(stage) },
    'protocol',
    server.brokeProtocol({ host: host.name, fault }),
    server.lookBetween(),
  );
}

/** What answered is not SSH, or not SSH 2. `line`: the start of what it said. */
export function notSsh(host: HostConfig, line: string | null): HoldfastError {
  const isOld = line !== null && /^SSH-1\.(?!99)/.test(line);
  const shown = line === null ? '' : cleanLine(line, 80);
  return makeFailure(
    { host, phase: 'key-exchange' },
    'protocol',
    isOld
      ? server.ssh1({ host: host.name })
      : server.notSsh({ address: addressText(host.address, host.port), line: shown === '' ? null : shown }),
    isOld ? server.updateIts() : server.checkAddressAndPort(),
  );
}

/** The server talks too much before its identification line. */
export function endlessHello(host: HostConfig): HoldfastError {
  return makeFailure(
    { host, phase: 'key-exchange' },
    'protocol',
    server.endlessHello({ host: host.name }),
    server.tarPit(),
  );
}

interface Negotiated {
  readonly name: Said;
  readonly list: keyof SupportedAlgorithms;
  /** One that Holdfast always offers and most servers have; null: no compression. */
  readonly common: string | null;
}

const ciphers: Negotiated = { name: server.ciphers(), list: 'cipher', common: 'aes256-ctr' };
const macs: Negotiated = { name: server.macs(), list: 'mac', common: 'hmac-sha2-256' };
const compression: Negotiated = { name: server.compression(), list: 'compress', common: null };

const whatIs: Readonly<Record<string, Negotiated>> = {
  'key exchange algorithm': { name: server.keyExchanges(), list: 'kex', common: 'curve25519-sha256' },
  'host key format': { name: server.hostKeyTypes(), list: 'serverHostKey', common: 'ssh-ed25519' },
  'c->s cipher': ciphers,
  's->c cipher': ciphers,
  'c->s mac': macs,
  's->c mac': macs,
  'c->s compression': compression,
  's->c compression': compression,
};

/** Names what the server offers only, so that a person can decide. */
export function noCommonAlgorithm(
  host: HostConfig,
  missing: string,
  offered: SupportedAlgorithms | null,
): HoldfastError {
  const kind = whatIs[missing];
  const names = kind && offered ? offered[kind.list].filter((name) => !/^(ext-info-|kex-strict-)/.test(name)) : [];
  return makeFailure(
    { host, phase: 'key-exchange' },
    'no-common-algorithm',
    server.noCommonAlgorithm({
      host: host.name,
      kind: kind?.name ?? server.otherKind({ name: missing }),
      offered: names.slice(0, 12).map(shortName),
    }),
    kind ? commonStep(host, kind, names) : server.update(),
  );
}

/** legacy-algorithms is named only where it takes one of the names: what this build cannot do at all must change on the server. */
function commonStep(host: HostConfig, { list, common }: Negotiated, names: readonly string[]): Said {
  const known = list === 'compress' ? [] : supportedAlgorithms()[list];
  const allowable = names.filter((name) => known.includes(name)).slice(0, 3);
  if (allowable.length > 0) return server.allowLegacy({ host: host.name, algorithms: allowable });
  return common === null ? server.offerNoCompression() : server.offerToo({ algorithm: common });
}

function shortName(name: string): string {
  return cleanLine(name, 64);
}

/** chacha20 or CBC with EtM was negotiated, but the server has no protection against Terrapin. */
export function strictKexMissing(host: HostConfig, cipher: string): HoldfastError {
  return makeFailure(
    { host, phase: 'key-exchange' },
    'no-common-algorithm',
    server.terrapin({ host: host.name, cipher: cleanLine(cipher, 64) }),
    server.takeOutCipher(),
  );
}

/** The host key changed in the middle of a link. */
export function hostKeySwapped(host: HostConfig): HoldfastError {
  return makeFailure(
    { host, phase: 'host-key' },
    'host-key-changed',
    server.otherHostKey({ host: host.name }),
    server.askOwner(),
  );
}

/** Nothing came back within the watchdog's patience. */
export function linkDead(host: HostConfig, silentMs: number): HoldfastError {
  return makeFailure(
    { host, phase: undefined },
    'link-dead',
    server.silent({ host: host.name, silentMs }),
    server.connectsAgain(),
    { where: 'network' },
  );
}

/** The attempt was given up by whoever wanted it. */
export function abortedFailure(host: HostConfig, phase: Phase, reason: unknown): HoldfastError {
  if (reason instanceof HoldfastError) return reason;
  return makeFailure({ host, phase }, 'cancelled', server.givenUp({ host: host.name }), server.startAgain());
}
