import type { Buffer } from 'node:buffer';
import { isCertificateType } from './key-types.ts';
import { type UserCertificate, parseCertificate } from './certificate.ts';
import type { SessionBinding } from './userauth-wire.ts';
import { WireFormatError, WireReader, WireWriter } from './wire-format.ts';

/** Messages of the SSH agent protocol (draft-ietf-sshm-ssh-agent, section 3). */
const message = {
  failure: 5,
  requestIdentities: 11,
  identitiesAnswer: 12,
  signRequest: 13,
  signResponse: 14,
  extension: 27,
  extensionFailure: 28,
} as const;

/** Flags of a sign request (section 3.6.1). */
const flagRsaSha256 = 2;
const flagRsaSha512 = 4;

/** Longest message that is taken, and the most identities in it. */
export const maxAgentMessageBytes = 256 * 1024;
const maxIdentities = 1024;

/** The agent said no: locked, no such key, or the person refused. */
export class AgentRefusal extends Error {
  override readonly name = 'AgentRefusal';
}

/** One key an agent holds; `certificate` where the entry is one. */
export interface AgentIdentity {
  readonly type: string;
  readonly blob: Buffer;
  readonly comment: string;
  readonly certificate: UserCertificate | null;
}

export function identitiesRequest(): Buffer {
  return new WireWriter().byte(message.requestIdentities).toBuffer();
}

/** `algorithm` decides the flags: an agent signs for RSA with SHA-1 unless told otherwise. */
export function signRequest(blob: Uint8Array, data: Uint8Array, algorithm: string): Buffer {
  let flags = 0;
  if (algorithm.startsWith('rsa-sha2-256')) flags = flagRsaSha256;
  else if (algorithm.startsWith('rsa-sha2-512')) flags = flagRsaSha512;
  return new WireWriter().byte(message.signRequest).string(blob).string(data).uint32(flags).toBuffer();
}

/** Binds the connection to the agent to one session (PROTOCOL.agent section 1), so that keys restricted to certain hosts can be used. */
export function sessionBindRequest({ hostKey, sessionId, signature }: SessionBinding): Buffer {
  return new WireWriter()
    .byte(message.extension)
    .string('session-bind@openssh.com')
    .string(hostKey)
    .string(sessionId)
    .string(signature)
    .boolean(false)
    .toBuffer();
}

/** The identities of an answer; entries whose key cannot be read are left out. Throws `WireFormatError` or `AgentRefusal`. */
export function parseIdentities(payload: Buffer): readonly AgentIdentity[] {
  const reader = answerOf(payload, message.identitiesAnswer);
  const count = reader.uint32();
  if (count > maxIdentities) throw new WireFormatError('malformed', `an agent with ${count} identities`);
  const identities: AgentIdentity[] = [];
  for (let i = 0; i < count; i += 1) {
    const blob = reader.string();
    const identity = identityOf(blob, reader.text());
    if (identity) identities.push(identity);
  }
  reader.end();
  return identities;
}

function identityOf(blob: Buffer, comment: string): AgentIdentity | null {
  try {
    const type = new WireReader(blob).name();
    return { type, blob, comment, certificate: isCertificateType(type) ? parseCertificate(blob) : null };
  } catch {
    return null;
  }
}

/** The signature blob of an answer. Throws `WireFormatError` or `AgentRefusal`. */
export function parseSignature(payload: Buffer): { readonly algorithm: string; readonly blob: Buffer } {
  const reader = answerOf(payload, message.signResponse);
  const blob = reader.string();
  reader.end();
  return { algorithm: new WireReader(blob).name(), blob };
}

function answerOf(payload: Buffer, expected: number): WireReader {
  const reader = new WireReader(payload);
  const type = reader.byte();
  if (type === message.failure || type === message.extensionFailure) throw new AgentRefusal('the agent refused');
  if (type !== expected) throw new WireFormatError('malformed', `message ${type} where ${expected} was expected`);
  return reader;
}
