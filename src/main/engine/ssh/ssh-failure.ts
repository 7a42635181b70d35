import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import { assertNever, HoldfastError, type Phase } from '../../../shared/model/failure.ts';
import type { Redact } from '../log/redact.ts';
import { type SupportedAlgorithms, supportedAlgorithms } from './algorithms.ts';
import { addressText, errorCode, makeFailure, type Place, seconds, textLimit, textOf } from './failure-base.ts';

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
      `${host.name} took the connection but did not say hello in ${seconds(limitMs)}.`,
      `The server may be overloaded or look up names in vain (UseDNS), or something other than SSH listens there. The next try waits ${seconds(nextMs)}; if it is always so slow, raise connect-timeout of ${host.name}.`,
    );
  return makeFailure(
    place,
    'timeout',
    `${host.name} did not finish the key exchange in ${seconds(limitMs)}.`,
    `The line may drop large packets (MTU), or the server is overloaded. The next try waits ${seconds(nextMs)}; if it is always so slow, raise connect-timeout of ${host.name}.`,
  );
}

/** The login took too long. */
export function loginTimeout(host: HostConfig): HoldfastError {
  return makeFailure(
    { host, phase: 'auth' },
    'timeout',
    `${host.name} did not finish the login in ${seconds(host.authTimeoutMs)}.`,
    'The server may be waiting for its own directory service; see its log.',
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
      `The proxy command of ${host.name} ended: ${cleanLine(said, 1024)}`,
      'Run the command by hand to see what it says.',
      { cause: error },
    );
  if (stage === 'open') {
    const place: Place = { host, phase: undefined };
    if (silent)
      return makeFailure(
        place,
        'link-lost',
        `The network to ${host.name} is gone.`,
        'Holdfast connects again by itself.',
        {
          where: 'network',
          cause: error,
        },
      );
    if (reset)
      return makeFailure(
        place,
        'link-lost',
        `The connection to ${host.name} was reset.`,
        'Holdfast connects again by itself.',
        {
          cause: error,
        },
      );
    return makeFailure(
      place,
      'server-closed',
      `${host.name} closed the link and gave no reason.`,
      'Holdfast connects again by itself; the log of its sshd may tell why.',
      { cause: error },
    );
  }
  const place: Place = { host, phase: stage === 'auth' ? 'auth' : 'key-exchange' };
  if (silent)
    return makeFailure(
      place,
      'unreachable',
      `The network to ${host.name} went away.`,
      'Check the network, and the VPN if it needs one.',
      {
        where: 'network',
        cause: error,
      },
    );
  switch (stage) {
    case 'hello':
      return makeFailure(
        place,
        reset ? 'reset' : 'closed-early',
        `${host.name} hung up before saying hello.`,
        'It may be too busy (MaxStartups), your address may be blocked (fail2ban), or there is no SSH on this port.',
        { cause: error },
      );
    case 'key-exchange':
      return makeFailure(
        place,
        reset ? 'reset' : 'closed-early',
        `${host.name} hung up during the key exchange.`,
        'It may be too busy (MaxStartups) or refuse what was offered; see the log of its sshd.',
        { cause: error },
      );
    case 'auth':
      return makeFailure(
        place,
        reset ? 'reset' : 'closed-early',
        `${host.name} hung up during the login.`,
        'Its time or its number of tries may be over (LoginGraceTime, MaxAuthTries); see the log of its sshd.',
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
  const said = shown === '' ? `reason ${reason}` : `"${shown}"`;
  const noMoreMethods = 14;
  if (stage === 'auth' && (reason === noMoreMethods || /too many authentication failures/i.test(text)))
    return makeFailure(
      { host, phase: 'auth' },
      'auth-failed',
      `${host.name} refused the login as ${cleanLine(host.user, 64)} and hung up: ${said}.`,
      'Fewer keys may help: name the right one in identity and set identities-only = true.',
    );
  const phase = phaseOf(stage);
  return makeFailure(
    { host, phase },
    'server-closed',
    `${host.name} closed the connection: ${said}.`,
    'Holdfast tries again by itself; the log of its sshd may tell more.',
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
  if (/output length exceeded/i.test(text)) return brokenProtocol(host, stage, 'it packs too much into one packet');
  if (/signature verification failed/i.test(text))
    return makeFailure(
      { host, phase },
      'protocol',
      `${host.name} could not prove that it holds its host key.`,
      'Something on the way may answer in its place; check the network before you try again.',
      { cause: error },
    );
  const broken =
    /invalid mac|bad packet length|unable to authenticate data|decrypt|^error:|unsupported state/i.test(text) &&
    stage !== 'hello';
  return makeFailure(
    { host, phase },
    'protocol',
    broken
      ? `The data from ${host.name} arrived damaged.`
      : `${host.name} broke the SSH protocol: ${text === '' ? 'no detail' : text}.`,
    'Holdfast tries again by itself; if it stays, look at what is between here and there.',
    { cause: error },
  );
}

/** The server goes beyond what the protocol allows, or what is bearable. `fault` completes the sentence. */
export function brokenProtocol(host: HostConfig, stage: SessionStage, fault: string): HoldfastError {
  return makeFailure(
    { host, phase: phaseOf(stage) },
    'protocol',
    `${host.name} broke the SSH protocol: ${fault}.`,
    'Holdfast tries again by itself; if it stays, look at what is between here and there.',
  );
}

/** What answered is not SSH, or not SSH 2. `line`: the start of what it said. */
export function notSsh(host: HostConfig, line: string | null): HoldfastError {
  const old = line !== null && /^SSH-1\.(?!99)/.test(line);
  const shown = line === null ? '' : cleanLine(line, 80);
  return makeFailure(
    { host, phase: 'key-exchange' },
    'protocol',
    old
      ? `${host.name} speaks SSH 1, which is not safe.`
      : `What answers at ${addressText(host.address, host.port)} is not an SSH server${shown === '' ? '' : `: it says "${shown}"`}.`,
    old ? 'Update its SSH server.' : 'Check address and port.',
  );
}

/** The server talks too much before its identification line. */
export function endlessHello(host: HostConfig): HoldfastError {
  return makeFailure(
    { host, phase: 'key-exchange' },
    'protocol',
    `${host.name} says too much before its hello.`,
    'Something other than SSH, or a tar pit, listens there. Check address and port.',
  );
}

interface Negotiated {
  readonly name: string;
  readonly list: keyof SupportedAlgorithms;
  /** One that Holdfast always offers and most servers have. */
  readonly common: string;
}

const ciphers: Negotiated = { name: 'ciphers', list: 'cipher', common: 'aes256-ctr' };
const macs: Negotiated = { name: 'MACs', list: 'mac', common: 'hmac-sha2-256' };
const compression: Negotiated = { name: 'compression', list: 'compress', common: '"none" as compression' };

const whatIs: Readonly<Record<string, Negotiated>> = {
  'key exchange algorithm': { name: 'key exchange', list: 'kex', common: 'curve25519-sha256' },
  'host key format': { name: 'host key types', list: 'serverHostKey', common: 'ssh-ed25519' },
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
  const list = names.length === 0 ? '' : `: only ${names.slice(0, 12).map(shortName).join(', ')}`;
  return makeFailure(
    { host, phase: 'key-exchange' },
    'no-common-algorithm',
    `${host.name} offers no ${kind?.name ?? missing} that Holdfast uses${list}.`,
    kind ? commonStep(host, kind, names) : 'Update the server.',
  );
}

/** legacy-algorithms is named only where it takes one of the names: what this build cannot do at all must change on the server. */
function commonStep(host: HostConfig, { list, common }: Negotiated, names: readonly string[]): string {
  const known = list === 'compress' ? [] : supportedAlgorithms()[list];
  const allowable = names.filter((name) => known.includes(name)).slice(0, 3);
  return allowable.length === 0
    ? `Let the server offer ${common} too.`
    : `Update the server, or allow ${allowable.join(' or ')} for ${host.name} alone with legacy-algorithms.`;
}

function shortName(name: string): string {
  return cleanLine(name, 64);
}

/** chacha20 or CBC with EtM was negotiated, but the server has no protection against Terrapin. */
export function strictKexMissing(host: HostConfig, cipher: string): HoldfastError {
  return makeFailure(
    { host, phase: 'key-exchange' },
    'no-common-algorithm',
    `${host.name} would use ${cleanLine(cipher, 64)} without strict key exchange, which is open to the Terrapin attack.`,
    'Update the server, or take this cipher out of legacy-algorithms of this host.',
  );
}

/** The host key changed in the middle of a link. */
export function hostKeySwapped(host: HostConfig): HoldfastError {
  return makeFailure(
    { host, phase: 'host-key' },
    'host-key-changed',
    `${host.name} showed another host key in the middle of the link.`,
    'Something on the way may answer in its place; check with the owner of the server before you try again.',
  );
}

/** Nothing came back within the watchdog's patience. */
export function linkDead(host: HostConfig, silentMs: number): HoldfastError {
  return makeFailure(
    { host, phase: undefined },
    'link-dead',
    `${host.name} has been silent for ${seconds(silentMs)}.`,
    'Holdfast connects again by itself.',
    { where: 'network' },
  );
}

/** The attempt was given up by whoever wanted it. */
export function abortedFailure(host: HostConfig, phase: Phase, reason: unknown): HoldfastError {
  if (reason instanceof HoldfastError) return reason;
  return makeFailure(
    { host, phase },
    'cancelled',
    `The attempt to connect ${host.name} was given up.`,
    'Start the tunnel again when you want it.',
  );
}
