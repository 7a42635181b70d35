import type { Buffer } from 'node:buffer';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import type { Log } from '../log/log.ts';
import type { AgentClient } from './agent-client.ts';
import type { AgentIdentity } from './agent-protocol.ts';
import { type UserCertificate, looksPublic, parseCertificateFile, parsePublicLine, validityOf } from './certificate.ts';
import { KeyError, keyProblem } from './key-error.ts';
import { keyPlaceWarning, readKeyFile } from './key-file.ts';
import { isSecurityKeyType, keyTypeOf } from './key-types.ts';
import { inspectPrivateKey } from './private-key.ts';

/** Default identity files, as far as they exist (ssh_config's IdentityFile without DSA and XMSS). */
const defaultNames = ['id_ed25519', 'id_ecdsa', 'id_rsa', 'id_ed25519_sk', 'id_ecdsa_sk'];

/** A private key file that can be unlocked. */
export interface KeySource {
  readonly path: string;
  readonly bytes: Buffer;
  readonly encrypted: boolean;
}

/** Who makes the signature. */
export type Signer =
  | { readonly kind: 'agent'; readonly agent: AgentClient; readonly blob: Buffer }
  | { readonly kind: 'file'; readonly source: KeySource };

/** A key that can be offered: under a certificate or plain. */
export interface KeyCandidate {
  /** For people: a file's name or an agent's comment. */
  readonly label: string;
  readonly configured: boolean;
  /** null: an encrypted file that does not tell its public half; it must be unlocked first. */
  readonly blob: Buffer | null;
  /** Tried one after the other until one signs. */
  readonly signers: readonly Signer[];
}

/** An identity or agent that could not be used, for the failure's message. */
export interface IdentityProblem {
  readonly code: 'key-unreadable' | 'agent-unavailable' | 'transport-unsupported';
  readonly message: string;
}

export interface FoundKeys {
  readonly candidates: readonly KeyCandidate[];
  readonly problems: readonly IdentityProblem[];
}

export interface FindKeysOptions {
  readonly host: HostConfig;
  readonly log: Log;
  readonly wallNowMs: number;
  readonly agents: readonly AgentClient[];
  readonly signal: AbortSignal;
  readonly home?: string;
}

interface AgentKey {
  readonly agent: AgentClient;
  readonly identity: AgentIdentity;
}

/** A configured or default identity with what is known of it. */
interface Identity {
  readonly label: string;
  readonly path: string;
  readonly publicBlob: Buffer | null;
  readonly source: KeySource | null;
  /** Carried by the key file itself. */
  readonly certificate?: UserCertificate | undefined;
}

/**
 * Looks at identity files, certificates and agents and puts the keys in the order in which they are offered: each identity in the configuration's
 * order (its certificates, then the plain key), then the agent's other keys unless `identitiesOnly`. Nothing is asked of a person here.
 */
export async function findKeys(options: FindKeysOptions): Promise<FoundKeys> {
  const finder = new KeyFinder(options);
  return await finder.run();
}

class KeyFinder {
  readonly #options: FindKeysOptions;
  readonly #problems: IdentityProblem[] = [];
  readonly #candidates: KeyCandidate[] = [];
  readonly #offered = new Set<string>();

  constructor(options: FindKeysOptions) {
    this.#options = options;
  }

  async run(): Promise<FoundKeys> {
    const { host, home = homedir() } = this.#options;
    const configured = host.identity.length > 0;
    const paths = configured ? host.identity : defaultNames.map((name) => join(home, '.ssh', name));
    const agentKeys = await this.#listAgents();
    const certificates = await this.#configuredCertificates();
    for (const path of paths) {
      const identity = await this.#identity(path, configured);
      if (identity) await this.#addIdentity(identity, configured, agentKeys, certificates);
    }
    // A configured certificate whose key is in an agent only.
    for (const { certificate, label } of certificates) {
      const signers = agentSigners(agentKeys, certificate.publicBlob);
      if (signers.length > 0) this.#add({ label, configured: true, blob: certificate.blob, signers });
      else if (!this.#isOffered(certificate.blob))
        this.#problem('key-unreadable', `${label}: the key to this certificate was not found`);
    }
    if (!host.identitiesOnly) {
      for (const { agent, identity } of agentKeys) {
        if (identity.certificate && !this.#isValid(identity.certificate, identity.comment)) continue;
        this.#add({
          label: identity.comment === '' ? 'a key of the agent' : identity.comment,
          configured: false,
          blob: identity.blob,
          signers: [{ kind: 'agent', agent, blob: identity.blob }],
        });
      }
    }
    return { candidates: this.#candidates, problems: this.#problems };
  }

  async #listAgents(): Promise<readonly AgentKey[]> {
    const { agents, host, signal, log } = this.#options;
    const lists = await Promise.all(
      agents.map(async (agent) => {
        try {
          return (await agent.list(signal)).map((identity) => ({ agent, identity }));
        } catch (thrown) {
          const why = thrown instanceof Error ? thrown.message : 'did not answer';
          log.warn(`the agent at ${agent.address} ${why}`);
          // The pipes of Windows are only places where an agent might be.
          if (typeof host.agent === 'string' || process.platform !== 'win32')
            this.#problems.push(agentProblem(agent.address, why));
          return [];
        }
      }),
    );
    return lists.flat();
  }

  async #configuredCertificates(): Promise<readonly { certificate: UserCertificate; label: string }[]> {
    const found: { certificate: UserCertificate; label: string }[] = [];
    for (const path of this.#options.host.certificates) {
      const certificate = await this.#certificate(path, true);
      if (certificate) found.push({ certificate, label: basename(path) });
    }
    return found;
  }

  async #certificate(path: string, required: boolean): Promise<UserCertificate | null> {
    try {
      const certificate = parseCertificateFile((await readKeyFile(path, false)).toString('utf8'));
      return this.#isValid(certificate, basename(path)) ? certificate : null;
    } catch (thrown) {
      if (!(thrown instanceof KeyError)) throw thrown;
      if (required || thrown.code !== 'missing')
        this.#problem('key-unreadable', `${basename(path)}: ${thrown.message}`);
      return null;
    }
  }

  #isValid(certificate: UserCertificate, label: string): boolean {
    const validity = validityOf(certificate, this.#options.wallNowMs);
    if (validity === 'valid') return true;
    const what = validity === 'expired' ? 'has expired' : 'is not valid yet';
    this.#options.log.warn(`certificate ${label} ${what} and is not offered`, { keyId: certificate.keyId });
    return false;
  }

  async #identity(path: string, configured: boolean): Promise<Identity | null> {
    const label = basename(path);
    try {
      // What it is shows only when it has been read; the mode matters for a private key alone.
      const text = await readKeyFile(path, false);
      if (looksPublic(text.toString('latin1'))) {
        return { label, path, publicBlob: parsePublicLine(text.toString('utf8')).blob, source: null };
      }
      const bytes = await readKeyFile(path, true);
      const warning = await keyPlaceWarning(path);
      if (warning !== null) this.#options.log.warn(`the key ${label} is used, but others could replace it: ${warning}`);
      const info = inspectPrivateKey(bytes);
      const publicBlob = info.publicBlob ?? (await this.#publicBeside(path));
      return {
        label,
        path,
        publicBlob,
        source: { path, bytes, encrypted: info.encrypted },
        certificate: info.certificate,
      };
    } catch (thrown) {
      if (!(thrown instanceof KeyError)) throw thrown;
      const beside = thrown.code === 'missing' ? await this.#publicBeside(path) : null;
      if (beside) return { label, path, publicBlob: beside, source: null };
      const isDefaultMissing = !configured && thrown.code === 'missing';
      if (!isDefaultMissing) this.#problem('key-unreadable', `${label}: ${keyProblem(thrown, path)}`);
      return null;
    }
  }

  async #publicBeside(path: string): Promise<Buffer | null> {
    try {
      return parsePublicLine((await readKeyFile(`${path}.pub`, false)).toString('utf8')).blob;
    } catch (thrown) {
      if (thrown instanceof KeyError) return null;
      throw thrown;
    }
  }

  async #addIdentity(
    identity: Identity,
    configured: boolean,
    agentKeys: readonly AgentKey[],
    certificates: readonly { certificate: UserCertificate; label: string }[],
  ): Promise<void> {
    const { label, path, publicBlob, source, certificate: inside } = identity;
    const isToken = publicBlob !== null && isSecurityKeyType(keyTypeOf(publicBlob));
    const own: readonly Signer[] = source && !isToken ? [{ kind: 'file', source }] : [];
    if (publicBlob === null) {
      this.#add({ label, configured, blob: null, signers: own });
      return;
    }
    const signers = [...agentSigners(agentKeys, publicBlob), ...own];
    if (signers.length === 0 && !this.#agentHasCertificate(agentKeys, publicBlob)) {
      this.#missingSigner(label, isToken, configured);
      return;
    }
    const beside = await this.#certificate(`${path.replace(/\.pub$/, '')}-cert.pub`, false);
    const named = certificates.filter(({ certificate }) => certificate.publicBlob.equals(publicBlob));
    if (inside && signers.length > 0 && this.#isValid(inside, label))
      this.#add({ label: `${label} (certificate)`, configured, blob: inside.blob, signers });
    for (const entry of [...(beside ? [{ certificate: beside, label: `${label}-cert.pub` }] : []), ...named]) {
      if (!entry.certificate.publicBlob.equals(publicBlob)) continue;
      if (signers.length > 0) this.#add({ label: entry.label, configured, blob: entry.certificate.blob, signers });
    }
    for (const { agent, identity: held } of agentKeys) {
      if (!held.certificate?.publicBlob.equals(publicBlob) || !this.#isValid(held.certificate, held.comment)) continue;
      this.#add({
        label: `${label} (certificate of the agent)`,
        configured,
        blob: held.blob,
        signers: [{ kind: 'agent', agent, blob: held.blob }],
      });
    }
    if (signers.length > 0) this.#add({ label, configured, blob: publicBlob, signers });
  }

  #agentHasCertificate(agentKeys: readonly AgentKey[], publicBlob: Buffer): boolean {
    return agentKeys.some(({ identity }) => identity.certificate?.publicBlob.equals(publicBlob));
  }

  #missingSigner(label: string, isToken: boolean, configured: boolean): void {
    if (isToken) {
      this.#problem('transport-unsupported', `${label}: this FIDO key is in no agent`);
    } else if (configured) {
      this.#problem('key-unreadable', `${label}: no agent holds this key, and there is no private key beside it`);
    }
  }

  #add(candidate: KeyCandidate): void {
    if (candidate.blob) {
      if (this.#isOffered(candidate.blob)) return;
      this.#offered.add(candidate.blob.toString('base64'));
    }
    this.#candidates.push({ ...candidate, label: cleanLine(candidate.label, 128) });
  }

  #isOffered(blob: Buffer): boolean {
    return this.#offered.has(blob.toString('base64'));
  }

  #problem(code: IdentityProblem['code'], message: string): void {
    this.#problems.push({ code, message });
    this.#options.log.warn(`identity not used: ${message}`);
  }
}

function agentSigners(agentKeys: readonly AgentKey[], publicBlob: Buffer): readonly Signer[] {
  return agentKeys
    .filter(({ identity }) => identity.blob.equals(publicBlob))
    .map(({ agent, identity }) => ({ kind: 'agent', agent, blob: identity.blob }));
}

/** The problem of an agent that does not answer. */
function agentProblem(address: string, why: string): IdentityProblem {
  return { code: 'agent-unavailable', message: `the agent at ${address} ${why}` };
}
