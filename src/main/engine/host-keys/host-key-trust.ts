import { Buffer } from 'node:buffer';
import type { HostConfig } from '../../../shared/model/config.ts';
import { assertNever, HoldfastError } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Log } from '../log/log.ts';
import type { ConnectMemory } from '../ssh/link.ts';
import { ChangedKeys } from './changed-keys.ts';
import * as text from './host-key-text.ts';
import { isPlainName, type LookupNames, lookupNamesOf } from './host-names.ts';
import { eachLine, type KnownHostsFile } from './known-hosts-file.ts';
import { isRevokedElsewhere, newLine, otherNamesOf } from './known-hosts-lines.ts';
import {
  appendLine,
  checkWritable,
  locked,
  notSaved,
  readKnownHosts,
  type Rewrite,
  rewriteKnownHosts,
} from './known-hosts-store.ts';
import { fingerprintOf, type PublicKey, readPublicKey } from './public-key.ts';
import { randomartOf } from './randomart.ts';
import type { AskHostKey, HostKeySession, HostKeyTrust } from './trust.ts';
import type { TrustRecord } from './trust-record.ts';
import { planUpdate } from './update-host-keys.ts';
import { findLines, type FoundLine, judge, orderAlgorithms, revocationOf, type Verdict } from './verdict.ts';

export interface TrustParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Learns of refusals, for the dialog about changed keys. */
  readonly changedKeys?: ChangedKeys;
  /** Keeps what people like to know of a trusted key. */
  readonly record?: TrustRecord;
}

/** Trust by known_hosts files, pins and the answers of people. Files are read anew for each attempt. */
export function createHostKeyTrust(parts: TrustParts): HostKeyTrust {
  return {
    async prepare(host, memory) {
      const files = await readAll(host.knownHosts, lookupNamesOf(host));
      return new KnownHostsSession(parts.clock, parts.log.child({ host: host.name, part: 'host-keys' }), {
        host,
        memory,
        files,
        changedKeys: parts.changedKeys ?? new ChangedKeys(),
        record: host.hashKnownHosts ? null : (parts.record ?? null),
      });
    },
  };
}

function readAll(paths: readonly string[], names: LookupNames, keys = false): Promise<KnownHostsFile[]> {
  const wanted = { names: namesIn(names), keys };
  return Promise.all(paths.map((path) => readKnownHosts(path, wanted)));
}

function namesIn({ lookup, withoutPort }: LookupNames): readonly string[] {
  return withoutPort === null ? [lookup] : [lookup, withoutPort];
}

class KnownHostsSession implements HostKeySession {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #host: HostConfig;
  readonly #memory: ConnectMemory;
  readonly #files: readonly KnownHostsFile[];
  readonly #names: LookupNames;
  readonly #changedKeys: ChangedKeys;
  /** Null where names are kept hashed: the record has them in the clear. */
  readonly #record: TrustRecord | null;
  #remoteAddress: string | null = null;
  /** The key to be written by `commit`. */
  #promised: PublicKey | null = null;
  /** The key is known under the full name in our own file, so rotation may go on from it. */
  #mayUpdate = false;
  /** known_hosts has the key. */
  #known = false;

  constructor(
    clock: Clock,
    log: Log,
    of: {
      readonly host: HostConfig;
      readonly memory: ConnectMemory;
      readonly files: readonly KnownHostsFile[];
      readonly changedKeys: ChangedKeys;
      readonly record: TrustRecord | null;
    },
  ) {
    this.#clock = clock;
    this.#log = log;
    this.#host = of.host;
    this.#memory = of.memory;
    this.#files = of.files;
    this.#changedKeys = of.changedKeys;
    this.#record = of.record;
    this.#names = lookupNamesOf(of.host);
  }

  get lookupName(): string {
    return this.#names.lookup;
  }

  get #file(): string | undefined {
    return this.#host.knownHosts[0];
  }

  orderAlgorithms(supported: readonly string[]): readonly string[] {
    const known: Pick<FoundLine, 'marker' | 'key'>[] = findLines(this.#files, this.#names.lookup);
    const once = this.#trustedOnce();
    if (once) known.push({ marker: 'none', key: once });
    return orderAlgorithms(supported, known);
  }

  async decide(blob: Buffer, ask: AskHostKey, remoteAddress: string | null = null): Promise<void> {
    this.#remoteAddress = remoteAddress;
    this.#promised = null;
    this.#mayUpdate = false;
    this.#known = false;
    // A copy: the bytes belong to a packet, and the key may outlive it.
    const key = readPublicKey(Buffer.from(blob));
    if (key === null || key.certificate) throw text.unreadableKey(this.#host, key !== null);
    if (this.#host.hostKeyPins.length > 0) {
      this.#decideByPins(key);
      return;
    }
    const verdict = judge(this.#files, this.#names, key);
    if (verdict.kind === 'unknown') {
      await this.#decideUnknown(key, verdict.otherWithoutPort, ask);
      return;
    }
    this.#refuseUnlessOk(verdict, key);
    this.#known = true;
    this.#mayUpdate = this.#isOurs(verdict);
    this.#log.debug('host key is known', { name: this.lookupName, fingerprint: fingerprintOf(blob) });
  }

  async commit(): Promise<void> {
    const key = this.#promised;
    const file = this.#file;
    if (key === null && this.#known) this.#record?.seenAt(this.lookupName, this.#remoteAddress);
    if (key === null || file === undefined) return;
    await locked(this.#clock, file, async () => {
      // Somebody may have answered the same question elsewhere, or another key may have come in, while a person was thinking.
      const before = judge(await readAll(this.#host.knownHosts, this.#names), this.#names, key);
      if (before.kind !== 'unknown') {
        this.#refuseUnlessOk(before, key);
        this.#mayUpdate = this.#isOurs(before);
        return;
      }
      await appendLine(file, newLine(this.#names.lookup, key, this.#host.hashKnownHosts));
      const after = judge(await readAll(this.#host.knownHosts, this.#names), this.#names, key);
      if (after.kind !== 'ok' || after.withoutPort) throw notSaved(file, new Error('the new line cannot be read back'));
      this.#mayUpdate = true;
      this.#record?.trusted(this.lookupName, fingerprintOf(key.blob));
      this.#record?.seenAt(this.lookupName, this.#remoteAddress);
      this.#log.info('host key added', { name: this.lookupName, file, fingerprint: fingerprintOf(key.blob) });
    });
    this.#promised = null;
  }

  async update(provenKeys: readonly Buffer[], advertisedKeys: readonly Buffer[] | null): Promise<void> {
    const file = this.#file;
    if (!this.#mayUpdate || !this.#host.updateHostKeys || file === undefined) return;
    const notice = { proven: provenKeys, advertised: advertisedKeys };
    // One notice a connection: OpenSSH takes a second one for an attack.
    this.#mayUpdate = false;
    try {
      const [own, ...others] = await readAll(this.#host.knownHosts, this.#names, true);
      if (!own) return;
      const first = planUpdate(own, others, this.lookupName, notice, this.#host.hashKnownHosts);
      if (first.kind === 'keep') {
        this.#log.debug('host keys stay as they are', { name: this.lookupName, why: first.why });
        return;
      }
      await locked(this.#clock, file, async () => {
        const plan = (now: KnownHostsFile): Rewrite => {
          const update = planUpdate(now, others, this.lookupName, notice, this.#host.hashKnownHosts);
          return { lines: update.kind === 'keep' ? null : update.lines };
        };
        await rewriteKnownHosts(this.#clock, file, plan, { names: namesIn(this.#names), keys: true });
      });
      this.#log.info('host keys updated by the server', {
        name: this.lookupName,
        file,
        added: first.added,
        removed: first.removed,
      });
    } catch (error) {
      this.#log.warn('host keys could not be updated', { name: this.lookupName, file, error: String(error) });
    }
  }

  /** Exactly the pinned keys; only a revocation counts more. Nothing is asked or written. */
  #decideByPins(key: PublicKey): void {
    const names = namesIn(this.#names);
    const revoked = revocationOf(
      names.flatMap((name) => findLines(this.#files, name)),
      key,
    );
    if (revoked) throw text.revokedKey(this.#host, key, revoked);
    const shown = pinOf(fingerprintOf(key.blob));
    if (!this.#host.hostKeyPins.some((pin) => pinOf(pin) === shown)) throw text.notPinned(this.#host, key);
  }

  async #decideUnknown(key: PublicKey, otherWithoutPort: FoundLine | null, ask: AskHostKey): Promise<void> {
    const once = this.#trustedOnce();
    if (once?.id === key.id) return;
    if (once) {
      // Refused like a changed key in a file; as nobody could take it out of a file, it is forgotten, and a person may start anew.
      this.#memory.trustedOnce.delete(this.lookupName);
      throw text.changedOnceKey(this.#host, key, once);
    }
    const policy = this.#host.hostKeyPolicy;
    switch (policy) {
      case 'strict':
        throw text.unknownKey(this.#host, key, this.#file ?? null);
      case 'accept-new':
        await this.#promise(key);
        return;
      case 'ask':
        break;
      default:
        assertNever(policy);
    }
    const place = await this.#placeToKeep().catch(asRefusal);
    // The question names other hosts with this key: all keys are decoded for that, a slice at a time.
    for (const file of this.#files) await eachLine(file.lines, (line) => void line.key);
    const answer = await ask(this.#details(key, place), this.#question(key, otherWithoutPort, place));
    switch (answer) {
      case 'yes':
        await this.#promise(key);
        return;
      case 'once':
        this.#memory.trustedOnce.set(this.lookupName, key.blob);
        return;
      case 'no':
        throw text.refusedKey(this.#host, key);
      default:
        assertNever(answer);
    }
  }

  /** Remembers the key for `commit`, after a look whether it could be written at all. */
  async #promise(key: PublicKey): Promise<void> {
    await this.#placeToKeep();
    this.#promised = key;
  }

  /** The file that the key would be written to. Rejects with `host-key-not-saved`. */
  async #placeToKeep(): Promise<string> {
    const file = this.#file;
    if (file === undefined) throw text.noFile(this.#host);
    if (!this.#host.hashKnownHosts && !isPlainName(this.lookupName)) throw text.unwritableName(this.#host, this.#names);
    return checkWritable(file);
  }

  #details(key: PublicKey, place: string | HoldfastError) {
    return {
      keyType: key.family,
      fingerprint: fingerprintOf(key.blob),
      randomart: randomartOf(key),
      otherNames: otherNamesOf(this.#files, this.lookupName, key),
      remoteAddress: this.#remoteAddress,
      file: typeof place === 'string' ? place : '',
    };
  }

  #question(key: PublicKey, otherWithoutPort: FoundLine | null, place: string | HoldfastError): string {
    return text.questionText(this.#host, key, {
      otherWithoutPort,
      revokedElsewhere: isRevokedElsewhere(this.#files, this.lookupName, key),
      whyNotKept: typeof place === 'string' ? null : place.message,
    });
  }

  #noteChanged(known: readonly [FoundLine, ...FoundLine[]], key: PublicKey): void {
    this.#changedKeys.note({
      hop: this.#host.name,
      address: `${this.#host.address}:${this.#host.port}`,
      lookupName: this.lookupName,
      remoteAddress: this.#remoteAddress,
      addressBefore: this.#record?.addressOf(this.lookupName) ?? null,
      file: known[0].path,
      line: known[0].line.number,
      trusted: known.map(({ key: { typeName, blob }, path, line }) => ({
        keyType: typeName,
        fingerprint: fingerprintOf(blob),
        file: path,
        line: line.number,
        sinceMs: this.#record?.sinceMs(this.lookupName, fingerprintOf(blob)) ?? null,
      })),
      shown: { keyType: key.typeName, fingerprint: fingerprintOf(key.blob) },
      shownBlob: key.blob,
      hashed: known[0].line.isHashed,
      shownAtMs: this.#clock.wallNow(),
    });
  }

  #refuseUnlessOk(verdict: Exclude<Verdict, { kind: 'unknown' }>, key: PublicKey): void {
    switch (verdict.kind) {
      case 'ok':
        this.#changedKeys.forget(this.lookupName);
        return;
      case 'changed':
        this.#noteChanged(verdict.known, key);
        throw text.changedKey(this.#host, this.#names, key, verdict.known[0], this.#file);
      case 'revoked':
        throw text.revokedKey(this.#host, key, verdict.found);
      case 'certificate':
        throw text.certificateOnly(this.#host, key, verdict.found);
      default:
        assertNever(verdict);
    }
  }

  #isOurs(verdict: Verdict): boolean {
    return verdict.kind === 'ok' && !verdict.withoutPort && verdict.found.some((line) => line.path === this.#file);
  }

  #trustedOnce(): PublicKey | null {
    const blob = this.#memory.trustedOnce.get(this.lookupName);
    return blob === undefined ? null : readPublicKey(blob);
  }
}

function asRefusal(error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  throw error;
}

/** `SHA256:` in front and padding behind may be left out or not. */
function pinOf(pin: string): string {
  return pin
    .trim()
    .replace(/^SHA256:/i, '')
    .replace(/=+$/, '');
}
