import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/main/engine/secrets/secret.ts';
import { elsewhereLimitMs, endedElsewhere, LoginWait } from '../../../src/main/engine/ssh/login-wait.ts';
import type {
  AnswerRequest,
  InfoRequest,
  UserauthReply,
  UserauthWire,
} from '../../../src/main/engine/ssh/userauth-wire.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

/** A server that answers when told to. */
class SlowServer implements UserauthWire {
  readonly user = 'me';
  readonly serverSigAlgs = null;
  #reply: (reply: UserauthReply) => void = () => {};
  #answer: AnswerRequest | null = null;
  /** Of the exchange under way. */
  #over = new AbortController();

  none = () => this.#asked();
  password = () => this.#asked();
  changePassword = () => this.#asked();
  probeKey = () => this.#asked();
  async signKey(_algorithm: string, _blob: Buffer, sign: (data: Buffer) => Promise<Buffer>): Promise<UserauthReply> {
    await sign(Buffer.alloc(0));
    return this.#asked();
  }
  keyboardInteractive(answer: AnswerRequest): Promise<UserauthReply> {
    this.#answer = answer;
    const over = new AbortController();
    this.#over = over;
    return this.#asked().finally(() => over.abort());
  }

  reply(reply: UserauthReply): Promise<void> {
    this.#reply(reply);
    return settle();
  }

  async ask(instruction: string, ...prompts: string[]): Promise<void> {
    void this.#answer?.(
      { name: '', instruction, prompts: prompts.map((prompt) => ({ prompt, echo: false })) },
      this.#over.signal,
    );
    await settle();
  }

  #asked(): Promise<UserauthReply> {
    return new Promise((resolve) => {
      this.#reply = resolve;
    });
  }
}

function scene(answer: (request: InfoRequest, wait: LoginWait) => Promise<readonly Secret[]> = async () => []) {
  const clock = new FakeClock();
  const server = new SlowServer();
  const seen = { shown: [] as string[], open: 0, pauses: 0 };
  const wait = new LoginWait({
    clock,
    show: (text) => {
      seen.shown.push(text);
      seen.open += 1;
      return { dispose: () => void (seen.open -= 1) };
    },
    pause: () => {
      seen.pauses += 1;
      let isOver = false;
      return {
        dispose: () => {
          if (!isOver) seen.pauses -= 1;
          isOver = true;
        },
      };
    },
  });
  const wire = wait.watch(server);
  const interactive = (): Promise<UserauthReply> => wire.keyboardInteractive((request) => answer(request, wait));
  return { clock, server, wait, wire, seen, interactive };
}

const refused: UserauthReply = { kind: 'failure', methods: ['keyboard-interactive'], partial: false };
const success: UserauthReply = { kind: 'success' };

describe('a greeting is no call', () => {
  test('followed by an answer, before a key login that takes long', async () => {
    const { clock, server, wait, wire, seen } = scene();
    void wire.none();
    wait.said('Authorised use only. See https://example.org/rules');
    await clock.advance(1500);
    await server.reply(refused);
    void wire.signKey('ssh-ed25519', Buffer.alloc(0), async () => Buffer.alloc(0));
    await clock.advance(60_000);
    await server.reply(success);
    expect(seen.shown).toEqual([]);
    expect(wait.wasCalled).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('said while nothing is asked for, or empty', async () => {
    const { clock, wait, wire, seen } = scene();
    wait.said('before');
    void wire.none();
    wait.said(' \r\n');
    await clock.advance(60_000);
    expect(seen.shown).toEqual([]);
  });

  test('while a key waits for a touch here', async () => {
    const { clock, wait, wire, seen } = scene();
    void wire.signKey('sk-ssh-ed25519@openssh.com', Buffer.alloc(0), () => new Promise(() => {}));
    wait.said('Hello');
    await clock.advance(60_000);
    expect(seen.shown).toEqual([]);
  });

  test('with saved passwords nobody is called: a silent server is retried', async () => {
    const { clock, server, wait, interactive, seen } = scene(async () => [Secret.from('saved')]);
    void interactive();
    await server.ask('', 'Password: ');
    await clock.advance(60_000);
    expect(seen.shown).toEqual([]);
    await server.reply(refused);
    expect(wait.wasCalled).toBe(false);
  });
});

describe('a call', () => {
  test.each([
    ['an address in a banner', 'To sign in, visit https://login.example.org/a/1', 2000],
    ['another banner', 'Approve the request on your phone.', 5000],
  ])('%s and silence: shown, the clock stands still', async (_name, text, afterMs) => {
    const { clock, server, wait, wire, seen } = scene();
    void wire.none();
    wait.said(text);
    await clock.advance(afterMs - 1);
    expect(seen.shown).toEqual([]);
    await clock.advance(1);
    expect(seen).toEqual({ shown: [text], open: 1, pauses: 1 });
    await clock.advance(elsewhereLimitMs - 1);
    expect(seen.pauses).toBe(1);
    await server.reply(success);
    expect(seen.open).toBe(0);
    expect(wait.wasCalled).toBe(true);
    wait.dispose();
    expect(seen.pauses).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('an instruction without a field, answered with nothing', async () => {
    const { clock, server, interactive, seen } = scene();
    void interactive();
    await server.ask('Tap the notification on your phone');
    await clock.advance(2000);
    expect(seen.shown).toEqual(['Tap the notification on your phone']);
    // What it asks then goes to a person, and the notice goes. What is left of the time limit does not run against a login that was approved.
    await server.ask('', 'Code: ');
    expect(seen).toMatchObject({ open: 0, pauses: 1 });
    await clock.advance(elsewhereLimitMs);
    expect(seen.pauses).toBe(0);
  });

  test('a text that a second one follows is shown with it', async () => {
    const { clock, wait, wire, seen } = scene();
    void wire.none();
    wait.said('First.');
    await clock.advance(5000);
    wait.said('Second.');
    await clock.advance(5000);
    expect(seen).toEqual({ shown: ['First.', 'First.\nSecond.'], open: 1, pauses: 1 });
    for (let more = 0; more < 10; more += 1) {
      wait.said(`more ${more}`);
      await clock.advance(5000);
    }
    expect(seen.shown).toHaveLength(3);
  });

  test('without a word, where questions are under way: some servers ring a phone and say nothing', async () => {
    const { clock, interactive, seen } = scene();
    void interactive();
    await clock.advance(10_000);
    expect(seen).toEqual({ shown: [''], open: 1, pauses: 1 });
  });

  test('without a word, after a person chose something', async () => {
    const { clock, server, interactive, seen } = scene(async (_request, wait) => {
      wait.attended();
      return [Secret.from('1')];
    });
    void interactive();
    await server.ask('1. push', 'Choose: ');
    await clock.advance(10_000);
    expect(seen.shown).toEqual(['']);
  });

  test('after 5 minutes the clock runs on, and the notice stays', async () => {
    const { clock, wait, wire, seen } = scene();
    void wire.none();
    wait.said('Visit https://login.example.org');
    await clock.advance(2000 + elsewhereLimitMs);
    expect(seen).toMatchObject({ open: 1, pauses: 0 });
    wait.dispose();
    expect(seen.open).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('refused at once after an instruction is one too: another try would ring again', async () => {
    const { server, wait, interactive } = scene();
    void interactive();
    await server.ask('A request was sent to your phone');
    await server.reply(refused);
    expect(wait.wasCalled).toBe(true);
  });
});

describe('the end of a login that called somebody', () => {
  const failure = (code: 'timeout' | 'closed-early' | 'auth-failed' | 'cancelled'): HoldfastError =>
    new HoldfastError({
      code,
      where: 'bastion',
      hop: 'bastion',
      phase: 'auth',
      message: 'What it was.',
      next: 'Wait.',
    });

  test.each([
    ['timeout', 'login-elsewhere'],
    ['closed-early', 'closed-early'],
    ['auth-failed', 'auth-failed'],
    ['cancelled', 'cancelled'],
  ] as const)('%s is not tried again by itself', (code, becomes) => {
    const ended = endedElsewhere(failure(code));
    expect(ended).toMatchObject({ code: becomes, retry: 'person', where: 'bastion', hop: 'bastion', phase: 'auth' });
  });
});

describe('a server that calls with each request', () => {
  test('stops the clock of the login once, for five minutes at most', async () => {
    const { clock, server, wait, wire, seen } = scene();
    const probe = (): Promise<UserauthReply> => wire.probeKey('ssh-ed25519', Buffer.alloc(0));
    for (let request = 1; request <= 4; request += 1) {
      const reply = probe();
      wait.said('Approve at https://x.example');
      await clock.advance(10_000);
      expect([request, seen.open, seen.pauses]).toEqual([request, 1, request === 1 ? 1 : 0]);
      await clock.advance(elsewhereLimitMs);
      expect(seen.pauses).toBe(0);
      await server.reply(refused);
      await reply;
    }
    wait.dispose();
  });

  test('takes nothing for a call because somebody answers a question that was closed', async () => {
    let say: (values: readonly Secret[]) => void = () => {};
    const { clock, server, wait, seen, interactive } = scene(
      () =>
        new Promise((resolve) => {
          say = resolve;
        }),
    );
    const reply = interactive();
    await server.ask('', 'Code: ');
    await server.reply(refused);
    await reply;
    say([Secret.from('late')]);
    await settle();
    await clock.advance(60_000);
    expect([seen.shown, wait.wasCalled]).toEqual([[], false]);
    wait.dispose();
  });
});
