import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { Secret } from '../secrets/secret.ts';
import { ProxyReader, proxyFailure, type ProxyTalk } from './proxy.ts';
import { addressText } from './failure-base.ts';

const headLimitBytes = 64 * 1024;

/**
 * HTTP CONNECT (RFC 9110 section 9.3.6). `password` is sent with the request (Basic, RFC 7617). Resolves with `needs-password` if the proxy asks
 * for one and a user is configured: dial again then.
 */
export async function talkHttpConnect(
  socket: Socket,
  talk: ProxyTalk,
  password: Secret | null,
): Promise<'connected' | 'needs-password'> {
  const { host, proxy } = talk;
  const reader = new ProxyReader(socket, talk);
  const to = addressText(host.address, host.port);
  const lines = [`CONNECT ${to} HTTP/1.1`, `Host: ${to}`, 'Proxy-Connection: keep-alive'];
  if (password !== null && proxy.user !== null) {
    const credentials = Buffer.concat([Buffer.from(`${proxy.user}:`, 'utf8'), password.revealBytes()]);
    lines.push(`Proxy-Authorization: Basic ${credentials.toString('base64')}`);
    credentials.fill(0);
  }
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const head = (await reader.until('\r\n\r\n', headLimitBytes)).toString('latin1');
  const status = /^HTTP\/1\.[01] (\d{3})(?: ([^\r\n]*))?/.exec(head);
  if (!status)
    throw proxyFailure(talk, 'does not speak HTTP.', 'Check the address, the port and the kind of the proxy.');
  const code = Number(status[1]);
  if (code >= 200 && code < 300) return 'connected';
  if (code === 407 && proxy.user !== null && password === null) return 'needs-password';
  if (code === 407)
    throw proxyFailure(
      talk,
      proxy.user === null ? 'wants a login.' : `did not take that password for ${proxy.user}.`,
      'Check user and password of the proxy.',
    );
  const said = cleanLine(talk.redact(`${code} ${status[2] ?? ''}`.trim()), 120);
  throw proxyFailure(
    talk,
    `did not reach ${host.name}: it answers ${said}.`,
    code === 403
      ? 'It does not allow this address or port; ask whoever runs it.'
      : 'Check address and port of the host as the proxy sees them.',
  );
}
