import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError, type Phase, assertNever } from '../../../shared/model/failure.ts';
import type { HostKeyTrust } from '../host-keys/trust.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { Deadline } from '../lifecycle/deadline.ts';
import { type Disposable, DisposableStore, toDisposable } from '../lifecycle/disposable.ts';
import type { Log } from '../log/log.ts';
import { type Redact, redactFailure } from '../log/redact.ts';
import type { PromptBroker } from '../prompts/broker.ts';
import { algorithmOffer, supportedAlgorithms } from './algorithms.ts';
import type { Authenticator, AuthReport } from './authenticator.ts';
import { type HopQuestions, hopQuestions } from './connect-ask.ts';
import { onAbort, reasonOf } from './dial.ts';
import { openHopStream } from './dial-hop.ts';
import type { HopStream } from './hop-stream.ts';
import { LoginCourse } from './login-course.ts';
import { notLetInAgain } from './auth-failure.ts';
import { type ProxyAnswers, askOnce } from './proxy-answers.ts';
import type { ConnectRequest, Connector, LinkInfo, SshLink } from './link.ts';
import { endedElsewhere, LoginWait } from './login-wait.ts';
import { dialTimeout } from './dial-failure.ts';
import { addressText } from './failure-base.ts';
import { abortedFailure, handshakeTimeout, loginTimeout, type SessionStage } from './ssh-failure.ts';
import { Ssh2Link } from './ssh2-link.ts';
import type { Negotiated } from './ssh2-seam.ts';
import { Ssh2Session } from './ssh2-session.ts';

/** A slow server gets no more than this, unless its `connect-timeout` is longer. */
const longestHandshakeMs = 60_000;
/** How long a login that lost its server may take to say why. */
const lastWordsMs = 500;

export interface ConnectorParts {
  readonly clock: Clock;
  readonly trust: HostKeyTrust;
  readonly authenticator: Authenticator;
  readonly prompts: PromptBroker;
  readonly log: Log;
  /** Takes typed secrets out of what servers say. */
  readonly redact: Redact;
}

/** The connector over ssh2: one hop a call. */
export function createConnector(parts: ConnectorParts): Connector {
  return { connect: (request) => logIn(parts, request) };
}

/** One login at one hop, over as many connections as it takes. */
async function logIn(parts: ConnectorParts, request: ConnectRequest): Promise<SshLink> {
  const course = new LoginCourse();
  const proxyAnswers: ProxyAnswers = { given: null };
  try {
    let refusal: HoldfastError | null = null;
    for (;;) {
      const attempt = new HopAttempt(parts, { request, course, proxyAnswers });
      try {
        return await attempt.run();
      } catch (thrown) {
        if (!(thrown instanceof HoldfastError) || request.signal.aborted) throw thrown;
        if (!attempt.mayGoOn) throw refusal === null ? thrown : notLetInAgain(refusal, thrown);
        refusal = thrown;
      }
    }
  } finally {
    course.dispose();
  }
}

interface HopParts {
  readonly request: ConnectRequest;
  readonly course: LoginCourse;
  readonly proxyAnswers: ProxyAnswers;
}

/** One connection to one hop: resolve, dial, key exchange, host key, authentication. Nothing is left open if it fails. */
class HopAttempt {
  readonly #parts: ConnectorParts;
  readonly #request: ConnectRequest;
  readonly #course: LoginCourse;
  readonly #proxyAnswers: ProxyAnswers;
  readonly #host: HostConfig;
  readonly #log: Log;
  readonly #store = new DisposableStore();
  /** Aborts with the attempt's failure, whatever it is. */
  readonly #over = new AbortController();
  readonly #questions: HopQuestions;
  #phase: Phase = 'resolve';
  #deadline: Deadline | null = null;
  #hop: HopStream | null = null;
  #session: Ssh2Session | null = null;
  /** The login while it is under way. */
  #login: Promise<unknown> | null = null;
  readonly #wait: LoginWait;
  /** It failed, but another connection may bring the login further. */
  mayGoOn = false;

  constructor(parts: ConnectorParts, { request, course, proxyAnswers }: HopParts) {
    this.#parts = parts;
    this.#request = request;
    this.#course = course;
    this.#proxyAnswers = proxyAnswers;
    this.#host = request.host;
    this.#log = parts.log.child({ host: request.host.name, part: 'connect' });
    this.#questions = hopQuestions(
      request,
      parts.prompts,
      this.#over.signal,
      parts.clock,
      () => this.#pause(),
      (error) => this.#fail(error),
    );
    this.#wait = this.#store.add(
      new LoginWait({ clock: parts.clock, show: this.#questions.tellElsewhere, pause: () => this.#pause() }),
    );
  }

  async run(): Promise<SshLink> {
    const { signal } = this.#request;
    this.#store.add(onAbort(signal, () => this.#fail(abortedFailure(this.#host, this.#phase, signal.reason))));
    try {
      // Whatever ends the attempt ends it now, also while something that cannot be stopped is still under way.
      return await Promise.race([this.#connect(), this.#failure()]);
    } catch (error) {
      const failure = (await this.#refusal()) ?? (this.#over.signal.aborted ? this.#over.signal.reason : error);
      const placed =
        failure instanceof HoldfastError ? this.#placed(failure) : abortedOr(failure, this.#host, this.#phase);
      this.mayGoOn = placed instanceof HoldfastError && !this.#wait.wasCalled && this.#course.goesOnAfter(placed);
      const typed = redactFailure(this.#wait.wasCalled ? endedElsewhere(placed) : placed, this.#parts.redact);
      this.#fail(typed);
      this.#session?.fail(typed);
      this.#hop?.dispose();
      this.#log.debug('attempt failed', { code: typed.code, phase: typed.phase, message: typed.message });
      throw typed;
    } finally {
      this.#store.dispose();
      this.#deadline?.dispose();
    }
  }

  async #connect(): Promise<SshLink> {
    const { clock, trust, authenticator } = this.#parts;
    const { memory } = this.#request;
    const trusting = await trust.prepare(this.#host, memory);
    const offer = algorithmOffer(this.#host, (supported) => trusting.orderAlgorithms(supported), supportedAlgorithms());
    this.#checkOn();

    const hop = await openHopStream({
      host: this.#host,
      via: this.#request.via,
      clock,
      signal: this.#over.signal,
      onPhase: (phase) => {
        this.#enter(phase);
        if (phase === 'dial') {
          this.#limit(this.#host.connectTimeoutMs, () =>
            dialTimeout(this.#host, addressText(this.#host.address, this.#host.port)),
          );
        }
      },
      askSecrets: askOnce(this.#questions.askSecrets, this.#proxyAnswers),
      redact: this.#parts.redact,
    });
    if (this.#over.signal.aborted) {
      hop.dispose();
      throw reasonOf(this.#over.signal);
    }
    this.#hop = hop;
    this.#enter('key-exchange');
    const dialledAtMs = clock.now();
    this.#limitHandshake();
    const session = new Ssh2Session({
      host: this.#host,
      hop,
      clock,
      log: this.#log,
      redact: this.#parts.redact,
      offer,
      onBanner: (text) => this.#wait.said(text),
      onStage: (stage: SessionStage) => this.#log.debug('stage', { stage }),
      decideHostKey: async (key) => {
        // A person may be asked: neither that nor reading files counts against the server.
        const paused = this.#pause();
        this.#enter('host-key');
        try {
          await trusting.decide(key, this.#questions.askHostKey, hop.remoteAddress);
        } finally {
          paused.dispose();
        }
        this.#enter('key-exchange');
      },
    });
    this.#session = session;
    this.#store.add(session.onDidEnd((error) => error && this.#fail(error)));
    const negotiated = await session.handshake;
    this.#deadline?.dispose();
    // Quick again: what it was allowed meanwhile would only hide the next fault.
    if (clock.now() - dialledAtMs <= this.#host.connectTimeoutMs) this.#request.patience.handshakeMs = 0;
    this.#enter('host-key');
    await trusting.commit();
    this.#checkOn();

    this.#enter('auth');
    this.#limit(this.#host.authTimeoutMs, () => loginTimeout(this.#host));
    await session.startUserauth();
    const login = authenticator.authenticate(this.#wait.watch(session.userauth), {
      host: this.#host,
      hops: this.#request.hops,
      ask: (question) => {
        this.#wait.attended();
        return this.#questions.askSecrets(question);
      },
      waitForPerson: this.#questions.waitForPerson,
      log: this.#log,
      signal: this.#over.signal,
      course: this.#course,
    });
    this.#login = login;
    const report = await login;
    this.#login = null;
    this.#checkOn();
    if (!session.userauth.isDone) throw notLoggedIn(this.#host);
    this.#deadline?.dispose();
    const link = new Ssh2Link(this.#host, session, linkInfo(session, hop, negotiated, report), clock);
    session.client.on('hostkeys', (keys: readonly { getPublicSSH(): Buffer }[]) => {
      if (!this.#host.updateHostKeys) return;
      void trusting.update(
        keys.map((key) => Buffer.from(key.getPublicSSH())),
        session.advertisedKeys,
      );
    });
    session.markOpen();
    report.afterSuccess().catch((error: unknown) => {
      this.#log.warn('what was to be remembered was not saved', {
        error: error instanceof Error ? error.message : String(error),
      });
    });
    return link;
  }

  /** A server that hangs up may have refused the login by it: the authenticator knows what was tried, the stream only that it ended. */
  async #refusal(): Promise<HoldfastError | null> {
    const login = this.#login;
    if (login === null || this.#request.signal.aborted || !this.#session?.isOver) return null;
    const store = new DisposableStore();
    const tooLong = new Promise<null>((resolve) => {
      store.add(this.#parts.clock.schedule(lastWordsMs, () => resolve(null)));
    });
    try {
      await Promise.race([login, tooLong]);
      return null;
    } catch (error) {
      return error instanceof HoldfastError && error.code === 'auth-failed' ? error : null;
    } finally {
      store.dispose();
    }
  }

  /** Rejects when the attempt is over. */
  #failure(): Promise<never> {
    return new Promise((_resolve, reject) => {
      const { signal } = this.#over;
      this.#store.add(onAbort(signal, () => reject(reasonOf(signal))));
    });
  }

  #fail(error: HoldfastError): void {
    if (!this.#over.signal.aborted) this.#over.abort(error);
  }

  #checkOn(): void {
    if (this.#over.signal.aborted) throw reasonOf(this.#over.signal);
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    if (this.#over.signal.aborted) return;
    switch (phase) {
      case 'resolve':
      case 'dial':
      case 'key-exchange':
      case 'host-key':
      case 'auth':
        this.#request.observer.onPhase(phase, this.#host.name);
        return;
      case 'forwards':
      case 'probe':
        return;
      default:
        assertNever(phase);
    }
  }

  #limit(limitMs: number, failure: () => HoldfastError): void {
    this.#deadline?.dispose();
    this.#deadline = new Deadline(this.#parts.clock, limitMs, () => this.#fail(failure()));
  }

  /** A server that was too slow gets twice the time at the next try, so that one that always is will be reached. */
  #limitHandshake(): void {
    const { patience } = this.#request;
    const { connectTimeoutMs } = this.#host;
    const limitMs = connectTimeoutMs === 0 ? 0 : Math.max(connectTimeoutMs, patience.handshakeMs);
    this.#limit(limitMs, () => {
      const nextMs = Math.max(limitMs, Math.min(2 * limitMs, longestHandshakeMs));
      patience.handshakeMs = nextMs;
      return handshakeTimeout(this.#host, this.#session?.stage ?? 'hello', { limitMs, nextMs });
    });
  }

  #pause(): Disposable {
    return this.#deadline?.pause() ?? toDisposable(() => {});
  }

  /** Fills in hop and phase where whoever failed did not know them. */
  #placed(error: HoldfastError): HoldfastError {
    if (error.hop !== undefined && error.phase !== undefined) return error;
    return new HoldfastError({
      code: error.code,
      where: error.where,
      message: error.message,
      next: error.next,
      retry: error.retry,
      phase: error.phase ?? this.#phase,
      hop: error.hop ?? this.#host.name,
      cause: error.cause ?? error,
    });
  }
}

function abortedOr(error: unknown, host: HostConfig, phase: Phase): HoldfastError {
  return new HoldfastError({
    code: 'internal',
    where: host.name,
    message: `Something unexpected happened: ${error instanceof Error ? error.message : String(error)}`,
    next: 'Holdfast tries again by itself. The log has the details; please report it if it comes back.',
    phase,
    hop: host.name,
    cause: error,
  });
}

function notLoggedIn(host: HostConfig): HoldfastError {
  return new HoldfastError({
    code: 'internal',
    where: host.name,
    message: `The login to ${host.name} ended without the server's word.`,
    next: 'This is a fault of Holdfast; please report it with the log.',
    phase: 'auth',
    hop: host.name,
  });
}

function linkInfo(session: Ssh2Session, hop: HopStream, negotiated: Negotiated, report: AuthReport): LinkInfo {
  const key = session.hostKey ?? Buffer.alloc(0);
  const digest = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  return {
    serverVersion: session.serverVersion,
    kex: negotiated.kex,
    cipher: negotiated.cs.cipher,
    mac: negotiated.cs.mac === '' ? 'implicit' : negotiated.cs.mac,
    hostKeyType: negotiated.serverHostKey,
    hostKeyFingerprint: `SHA256:${digest}`,
    strictKex: session.seam.isStrictKex,
    authenticatedBy: report.methods.join(', '),
    keepOpenMs: report.keepOpenMs,
    localAddress: hop.localAddress,
    remoteAddress: hop.remoteAddress,
  };
}
