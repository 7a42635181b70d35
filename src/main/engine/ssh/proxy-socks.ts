import { Buffer } from 'node:buffer';
import { isIPv4, isIPv6, type Socket } from 'node:net';
import { ProxyReader, proxyFailure, type ProxyTalk } from './proxy.ts';

const version = 5;
const methodNone = 0;
const methodPassword = 2;

const refusals: Readonly<Record<number, string>> = {
  1: 'could not make the connection.',
  2: 'does not allow this connection.',
  3: 'says that the network is unreachable.',
  4: 'says that the host is unreachable.',
  5: 'says that the connection was refused.',
  6: 'says that the time to live ran out.',
  7: 'cannot connect to servers.',
  8: 'does not know this kind of address.',
};

/** SOCKS5 (RFC 1928, passwords RFC 1929): asks the proxy to connect to the host. Names are resolved by the proxy. */
export async function talkSocks5(socket: Socket, talk: ProxyTalk): Promise<void> {
  const { host, proxy } = talk;
  const reader = new ProxyReader(socket, talk);
  const methods = proxy.user === null ? [methodNone] : [methodNone, methodPassword];
  socket.write(Buffer.from([version, methods.length, ...methods]));
  const chosen = await reader.bytes(2);
  if (chosen[0] !== version)
    throw proxyFailure(talk, 'does not speak SOCKS 5.', 'Check the address, the port and the kind of the proxy.');
  if (chosen[1] === methodPassword && proxy.user !== null) await sendPassword(socket, reader, talk, proxy.user);
  else if (chosen[1] !== methodNone)
    throw proxyFailure(
      talk,
      proxy.user === null ? 'wants a login.' : 'wants another kind of login.',
      'Set the user of the proxy in the configuration of this host.',
    );
  socket.write(Buffer.concat([Buffer.from([version, 1, 0]), addressOf(host.address), portOf(host.port)]));
  const head = await reader.bytes(4);
  if (head[1] !== 0)
    throw proxyFailure(
      talk,
      `did not reach ${host.name}: it ${refusals[head[1] ?? 1] ?? `answers with code ${head[1]}.`}`,
      'Check address and port of the host as the proxy sees them.',
    );
  const length = head[3] === 1 ? 4 : head[3] === 4 ? 16 : head[3] === 3 ? ((await reader.bytes(1))[0] ?? 0) : null;
  if (length === null)
    throw proxyFailure(talk, 'answers in a way that SOCKS 5 does not know.', 'Check the kind of the proxy.');
  await reader.bytes(length + 2);
}

async function sendPassword(socket: Socket, reader: ProxyReader, talk: ProxyTalk, user: string): Promise<void> {
  const password = await talk.askPassword();
  const name = Buffer.from(user, 'utf8').subarray(0, 255);
  const secret = password.revealBytes().subarray(0, 255);
  const message = Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret]);
  socket.write(message, () => message.fill(0));
  secret.fill(0);
  const answer = await reader.bytes(2);
  if (answer[1] !== 0)
    throw proxyFailure(talk, `did not take that password for ${user}.`, 'Check user and password of the proxy.');
}

function addressOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from([1, ...address.split('.').map(Number)]);
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (isIPv6(bare)) return Buffer.concat([Buffer.from([4]), ipv6Bytes(bare)]);
  const name = Buffer.from(address, 'utf8').subarray(0, 255);
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

function portOf(port: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(port);
  return bytes;
}

/** The 16 bytes of a valid IPv6 address. */
export function ipv6Bytes(address: string): Buffer {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  let text = address;
  if (dotted) {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.slice(2).map(Number);
    text = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = text.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const middle = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const bytes = Buffer.alloc(16);
  [...before, ...middle, ...after]
    .slice(0, 8)
    .forEach((group, index) => bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2));
  return bytes;
}
