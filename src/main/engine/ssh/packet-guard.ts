import { Buffer } from 'node:buffer';
import type { Said } from '../../../shared/i18n/said.ts';
import { server } from '../../../shared/i18n/sentences/server.ts';
import type { HoldfastError } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { DhExchange, groupFault, publicValueFault } from './dh-group.ts';
import { ExchangeBudget } from './exchange-budget.ts';
import { fixedGroupExchange } from './fixed-group.ts';
import { advertisedHostKeys, filterHostKeyNotice } from './host-key-notice.ts';
import { lookAtHostKey } from './host-key-size.ts';
import type { KeyExchangeInternals, Ssh2Seam } from './ssh2-seam.ts';
import { WireFormatError, WireReader } from './wire-format.ts';

const message = {
  unimplemented: 3,
  kexInit: 20,
  /** KEXDH_REPLY, KEX_ECDH_REPLY and KEX_DH_GEX_GROUP share it: what it is depends on the method (RFC 4419 section 5). */
  kexReplyOrGroup: 31,
  gexReply: 33,
  globalRequest: 80,
  channelOpen: 90,
  channelOpenConfirmation: 91,
} as const;

/** Our packets that may wait for the end of a key exchange; what is written to channels waits elsewhere. */
const maxQueuedPackets = 16_384;

/** Bytes a packet that a server must take at least in a channel: of fewer, each byte of ours would cost us a packet. */
export const minPacketBytes = 256;

export interface PacketGuardOptions {
  readonly seam: Ssh2Seam;
  readonly clock: Clock;
  /** Bytes both ways so far. */
  readonly transferred: () => number;
  /** Makes the error that ends the session; `fault` completes "the server broke the protocol: …". */
  readonly failure: (fault: Said) => HoldfastError;
  /** The server began a key exchange on a link that has keys; nothing more is to be read from it for `restMs`. */
  readonly onServerRekey: (restMs: number) => void;
  /** All keys of a hostkeys-00 notice, of any type; of those ssh2 sees what can be proven. */
  readonly onHostKeyNotice: (advertised: readonly Buffer[]) => void;
  /** SSH_MSG_UNIMPLEMENTED for our packet of this number. */
  readonly onUnimplemented: (sequence: number) => void;
}

/**
 * Looks at the payload of every packet before ssh2 does, in clear and unpacked: what ssh2 would calculate with, or keep, without a limit. What goes
 * too far throws, and by that ends the session before anything is calculated. In Diffie-Hellman groups it is Holdfast that calculates.
 */
export function guardPackets(options: PacketGuardOptions): void {
  const guard = new PacketGuard(options);
  options.seam.watchPackets((payload) => guard.look(payload));
  options.seam.watchKeyExchanges((exchange) => {
    const own = exchange.groupName === null ? null : fixedGroupExchange(exchange.groupName);
    if (own !== null) exchange.use(own);
  });
}

class PacketGuard {
  readonly #options: PacketGuardOptions;
  readonly #exchanges: ExchangeBudget;

  constructor(options: PacketGuardOptions) {
    this.#options = options;
    this.#exchanges = new ExchangeBudget(options.clock, options.transferred);
  }

  /** The payload that ssh2 is to handle. */
  look(payload: Buffer): Buffer {
    const { seam, failure } = this.#options;
    if (seam.queuedPackets > maxQueuedPackets) throw failure(server.asksInKeyExchange());
    switch (payload[0]) {
      case message.kexInit:
        this.#onKexInit();
        return payload;
      case message.kexReplyOrGroup: {
        const exchange = seam.isExchangingKeys ? seam.keyExchange : null;
        if (exchange?.type === 'groupex') this.#lookAtGroup(payload, exchange);
        else if (exchange) this.#lookAtReply(payload, exchange.type === 'group' ? exchange.prime : null);
        return payload;
      }
      case message.gexReply: {
        const exchange = seam.isExchangingKeys ? seam.keyExchange : null;
        if (exchange?.type === 'groupex') this.#lookAtReply(payload, exchange.prime);
        return payload;
      }
      case message.unimplemented:
        if (payload.length >= 5) this.#options.onUnimplemented(payload.readUInt32BE(1));
        return payload;
      case message.globalRequest: {
        const advertised = advertisedHostKeys(payload);
        if (advertised === null) return payload;
        this.#options.onHostKeyNotice(advertised);
        return filterHostKeyNotice(payload, advertised);
      }
      case message.channelOpen:
      case message.channelOpenConfirmation:
        this.#lookAtChannel(payload);
        return payload;
      default:
        return payload;
    }
  }

  #onKexInit(): void {
    const { seam, onServerRekey } = this.#options;
    // The answer to ours, or the first one.
    if (seam.keyExchange === null || seam.isExchangingKeys) return;
    onServerRekey(this.#exchanges.take());
  }

  #lookAtGroup(payload: Buffer, exchange: KeyExchangeInternals): void {
    const { failure } = this.#options;
    const { prime, generator } = this.#read(() => {
      const reader = new WireReader(payload.subarray(1));
      return { prime: reader.mpint(), generator: reader.mpint() };
    });
    const fault = groupFault(prime, generator);
    if (fault !== null) throw failure(fault);
    exchange.use(new DhExchange(Buffer.from(prime), Buffer.from(generator)));
  }

  /** K_S, f and the signature. `prime` null: a curve, whose points the runtime checks. */
  #lookAtReply(payload: Buffer, prime: Buffer | null): void {
    const { failure } = this.#options;
    const { hostKey, value } = this.#read(() => {
      const reader = new WireReader(payload.subarray(1));
      return { hostKey: reader.string(), value: prime === null ? null : reader.mpint() };
    });
    const fault = prime === null || value === null ? null : publicValueFault(value, prime);
    if (fault !== null) throw failure(fault);
    const look = lookAtHostKey(hostKey);
    if (look.kind === 'fault') throw failure(look.fault);
  }

  /** RFC 4254 section 5.1: both have the largest packet that the sender takes. */
  #lookAtChannel(payload: Buffer): void {
    const { failure } = this.#options;
    const packetBytes = this.#read(() => {
      const reader = new WireReader(payload.subarray(1));
      if (payload[0] === message.channelOpen) reader.string();
      else reader.uint32();
      reader.uint32();
      reader.uint32();
      return reader.uint32();
    });
    if (packetBytes < minPacketBytes) throw failure(server.smallPackets({ bytes: packetBytes, least: minPacketBytes }));
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof WireFormatError) throw this.#options.failure(server.packetMalformed());
      throw error;
    }
  }
}
