import type { Buffer } from 'node:buffer';
import type { HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Secret } from '../secrets/secret.ts';
import type { AuthMethod, Ssh2Seam } from './ssh2-seam.ts';
import type { AnswerRequest, InfoRequest, SessionBinding, UserauthReply, UserauthWire } from './userauth-wire.ts';
import { WireWriter } from './wire-format.ts';

const messageRequest = 50;
const messageInfoResponse = 61;

interface Pending {
  readonly method: AuthMethod;
  /** The key is only asked about (PK_OK may come). */
  readonly isProbe: boolean;
  readonly onInfo: ((request: InfoRequest) => void) | null;
  /** A question of it is open. */
  isAnswering: boolean;
  resolve(reply: UserauthReply): void;
  reject(error: HoldfastError): void;
}

/**
 * ssh-userauth over ssh2's packets, with every request built here: ssh2's own authentication is never used, so that key blobs and signatures
 * (certificates, sk keys) pass unchanged and nothing is sent that the plan did not ask for. RFC 4252, RFC 4256.
 */
export class Ssh2Userauth implements UserauthWire {
  readonly user: string;
  /** Set once the host key is accepted. */
  serverProof: { readonly hostKey: Buffer; readonly signature: Buffer } | null = null;
  lastWords: string | null = null;
  readonly #host: HostConfig;
  readonly #seam: Ssh2Seam;
  #serverSigAlgs: readonly string[] | null = null;
  #pending: Pending | null = null;
  #broken: HoldfastError | null = null;
  #isDone = false;
  #onBroken: (error: HoldfastError) => void;

  /** Takes over the client's handlers of ssh-userauth. `onBroken` is called when the server answers what was not asked. */
  constructor(host: HostConfig, seam: Ssh2Seam, onBroken: (error: HoldfastError) => void) {
    this.user = host.user;
    this.#host = host;
    this.#seam = seam;
    this.#onBroken = onBroken;
    const { handlers } = seam;
    handlers.USERAUTH_SUCCESS = () => this.#reply('success', { kind: 'success' });
    handlers.USERAUTH_FAILURE = (_protocol, methods, partial) =>
      this.#reply('failure', { kind: 'failure', methods: [...methods], partial });
    handlers.USERAUTH_PK_OK = () => this.#reply('key-acceptable', { kind: 'key-acceptable' });
    handlers.USERAUTH_PASSWD_CHANGEREQ = (_protocol, prompt) =>
      this.#reply('password-expired', { kind: 'password-expired', prompt });
    handlers.USERAUTH_INFO_REQUEST = (_protocol, name, instruction, prompts) => {
      const pending = this.#pending;
      // One question at a time (RFC 4256 section 3.1): each may become a prompt.
      if (!pending?.onInfo || pending.isAnswering) {
        this.#unasked();
        return;
      }
      pending.isAnswering = true;
      pending.onInfo({ name, instruction, prompts });
    };
    handlers.EXT_INFO = (_protocol, extensions) => {
      // RFC 8308: may come twice, the second time with more; once the user is known it is of no use any more.
      if (this.#isDone) return;
      for (const extension of extensions)
        if (extension.name === 'server-sig-algs' && extension.algs) this.#serverSigAlgs = [...extension.algs];
    };
  }

  get serverSigAlgs(): readonly string[] | null {
    return this.#serverSigAlgs;
  }

  get binding(): SessionBinding | null {
    const { sessionId } = this.#seam;
    return sessionId === null || this.serverProof === null ? null : { ...this.serverProof, sessionId };
  }

  /** The server said yes. */
  get isDone(): boolean {
    return this.#isDone;
  }

  none(): Promise<UserauthReply> {
    return this.#request('none', this.#head('none').toBuffer());
  }

  password(password: Secret): Promise<UserauthReply> {
    return this.#sendPasswords(false, [password]);
  }

  changePassword(old: Secret, next: Secret): Promise<UserauthReply> {
    return this.#sendPasswords(true, [old, next]);
  }

  async #sendPasswords(isChange: boolean, passwords: readonly Secret[]): Promise<UserauthReply> {
    const writer = this.#head('password').boolean(isChange);
    for (const password of passwords) {
      const bytes = password.revealBytes();
      writer.string(bytes);
      bytes.fill(0);
    }
    const payload = writer.toBuffer();
    try {
      return await this.#request('password', payload);
    } finally {
      payload.fill(0);
    }
  }

  probeKey(algorithm: string, blob: Buffer): Promise<UserauthReply> {
    const payload = this.#head('publickey').boolean(false).string(algorithm).string(blob).toBuffer();
    return this.#request('publickey', payload, { isProbe: true });
  }

  async signKey(algorithm: string, blob: Buffer, sign: (data: Buffer) => Promise<Buffer>): Promise<UserauthReply> {
    const { sessionId } = this.#seam;
    if (sessionId === null) throw this.#broken ?? this.#fault('the key exchange is not done');
    const body = this.#head('publickey').boolean(true).string(algorithm).string(blob).toBuffer();
    const signature = await sign(new WireWriter().string(sessionId).raw(body).toBuffer());
    return this.#request('publickey', new WireWriter().raw(body).string(signature).toBuffer());
  }

  async keyboardInteractive(answer: AnswerRequest): Promise<UserauthReply> {
    // Language tag and submethods stay empty (RFC 4256 section 3.1).
    const payload = this.#head('keyboard-interactive').string('').string('').toBuffer();
    const over = new AbortController();
    let giveUp: (error: unknown) => void = () => {};
    const failed = new Promise<never>((_resolve, reject) => {
      giveUp = reject;
    });
    const reply = this.#request('keyboard-interactive', payload, {
      onInfo: (request) => {
        answer(request, over.signal).then((values) => {
          if (!over.signal.aborted) this.#sendAnswers(values);
        }, giveUp);
      },
    });
    try {
      return await Promise.race([reply, failed]);
    } catch (error) {
      // The round stays unanswered; the next request, if there is one, makes the server forget it without a reply (RFC 4252 section 5.1).
      reply.catch(() => {});
      if (this.#pending?.onInfo) {
        this.#pending = null;
        this.#seam.forgetAuth();
      }
      throw error;
    } finally {
      over.abort(new Error('the exchange has ended'));
    }
  }

  /** The link is lost: everything asked rejects with `error`. */
  fail(error: HoldfastError): void {
    this.#broken ??= error;
    const pending = this.#pending;
    this.#pending = null;
    pending?.reject(error);
  }

  #head(method: AuthMethod): WireWriter {
    return new WireWriter().byte(messageRequest).string(this.user).string('ssh-connection').string(method);
  }

  #request(
    method: AuthMethod,
    payload: Buffer,
    { isProbe = false, onInfo = null }: { isProbe?: boolean; onInfo?: ((request: InfoRequest) => void) | null } = {},
  ): Promise<UserauthReply> {
    return new Promise((resolve, reject) => {
      if (this.#broken) {
        reject(this.#broken);
        return;
      }
      if (this.#pending || this.#isDone) {
        reject(this.#fault('one request at a time'));
        return;
      }
      this.#pending = { method, isProbe, onInfo, isAnswering: false, resolve, reject };
      this.#seam.sendAuth(method, payload);
    });
  }

  #sendAnswers(values: readonly Secret[]): void {
    if (this.#broken || !this.#pending?.onInfo) return;
    this.#pending.isAnswering = false;
    const writer = new WireWriter().byte(messageInfoResponse).uint32(values.length);
    for (const value of values) writer.string(value.revealBytes());
    const payload = writer.toBuffer();
    this.#seam.send(payload);
    payload.fill(0);
  }

  #reply(kind: UserauthReply['kind'], reply: UserauthReply): void {
    const pending = this.#pending;
    const fits =
      pending !== null &&
      (kind === 'success' ||
        kind === 'failure' ||
        (kind === 'key-acceptable' && pending.isProbe) ||
        (kind === 'password-expired' && pending.method === 'password'));
    if (!fits) {
      this.#unasked();
      return;
    }
    // A probe only asks: a server that lets in for it has checked nothing, but the choice is the server's.
    if (kind === 'success') this.#isDone = true;
    this.#pending = null;
    pending.resolve(reply);
  }

  /** The server answers what was not asked: nothing it says from here on can be trusted to belong to a request. */
  #unasked(): void {
    if (this.#isDone) return;
    this.#onBroken(
      new HoldfastError({
        code: 'protocol',
        where: this.#host.name,
        message: `${this.#host.name} answered a login request that was never made.`,
        next: 'Holdfast tries again by itself; if it stays, look at the server.',
        phase: 'auth',
        hop: this.#host.name,
      }),
    );
  }

  #fault(what: string): HoldfastError {
    return new HoldfastError({
      code: 'internal',
      where: this.#host.name,
      message: `The login to ${this.#host.name} was carried out in the wrong order: ${what}.`,
      next: 'This is a fault of Holdfast; please report it with the log.',
      phase: 'auth',
      hop: this.#host.name,
    });
  }
}
