import { get } from 'node:http';
import type { EngineEvent } from '../../shared/contract/events.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import type { TunnelStatus } from '../../shared/model/tunnel.ts';
import type { ControlClient } from '../engine/control/control-client.ts';
import { DisposableStore } from '../engine/lifecycle/disposable.ts';
import { demoTunnel, greeting, type Stage } from './stage.ts';

/** Where the walk speaks and listens: a terminal, or nobody (`--yes`). */
export interface Guide {
  say(line: string): void;
  /** Waits for the person's line; null when answers are given by itself. */
  ask(question: string): Promise<string | null>;
}

const stepLimitMs = 30_000;
/** A person may think as long as a server's login grace time. */
const personLimitMs = 110_000;

/**
 * Walks through the main job: first contact, one-time code, bytes, a cut on either side of the bastion and its healing. Every step is checked;
 * resolves when all were seen, rejects with the first that was not.
 */
export async function walk(stage: Stage, client: ControlClient, guide: Guide): Promise<void> {
  const store = new DisposableStore();
  const scene = new Scene(stage, client, guide, store);
  try {
    await client.call('subscribe', { tunnels: true, prompts: true, log: false, logTunnel: null });

    guide.say('1. A tunnel goes up: this computer → bastion → target → a website that only the target can reach.');
    await client.call('up', { names: [demoTunnel], all: false });
    await scene.hostKey('bastion');
    await scene.code();
    await scene.hostKey('target');
    const url = await scene.running();
    guide.say(`   RUNNING, and it carries bytes: ${url} says “${await fetchText(url)}”`);

    guide.say('2. The wire between bastion and target is cut. The local port stays open; who comes now, waits.');
    stage.innerWire.cut();
    await scene.lost();
    const waiting = fetchText(url);
    guide.say('   A client connected meanwhile and is parked. The wire is mended…');
    stage.innerWire.mend();
    await client.call('now', { names: [demoTunnel], all: false });
    guide.say(`   …and the waiting client got its page: “${await waiting}”`);
    await scene.running();
    expectSeen(stage.bastion.logins === 1, 'the bastion was logged in to once only');
    guide.say('   Healed. The login at the bastion was still good: no new code was asked.');

    guide.say('3. The wire between this computer and the bastion is cut.');
    stage.outerWire.cut();
    await scene.lost();
    stage.outerWire.mend();
    await client.call('now', { names: [demoTunnel], all: false });
    guide.say('   This time the bastion wants a new code, and Holdfast asks once.');
    await scene.code();
    await scene.running();
    guide.say(`   Healed: “${await fetchText(url)}”`);

    guide.say('4. The tunnel is taken down.');
    await client.call('down', { names: [demoTunnel], all: false });
    await scene.reach((tunnel) => tunnel.state.kind === 'stopped', 'the tunnel is STOPPED');
    guide.say('   STOPPED, and its port is closed.');
  } finally {
    store.dispose();
  }
}

function expectSeen(seen: boolean, what: string): void {
  if (!seen) throw new Error(`The demo did not see that ${what}.`);
}

/** Follows the engine's events and waits for what the walk wants to see. */
class Scene {
  readonly #stage: Stage;
  readonly #client: ControlClient;
  readonly #guide: Guide;
  readonly #prompts = new Map<string, Prompt>();
  #tunnel: TunnelStatus | null = null;
  #wake: () => void = () => {};

  constructor(stage: Stage, client: ControlClient, guide: Guide, store: DisposableStore) {
    this.#stage = stage;
    this.#client = client;
    this.#guide = guide;
    store.add(client.onDidEvent((event) => this.#take(event)));
  }

  #take(event: EngineEvent): void {
    if (event.kind === 'tunnels')
      this.#tunnel = event.changed.find((tunnel) => tunnel.name === demoTunnel) ?? this.#tunnel;
    else if (event.kind === 'prompt-opened') this.#prompts.set(event.prompt.id, event.prompt);
    else if (event.kind === 'prompt-closed') this.#prompts.delete(event.id);
    this.#wake();
  }

  /** Waits until `find` gives something. */
  async #until<T>(find: () => T | null | undefined, what: string): Promise<T> {
    const deadline = setTimeout(() => this.#wake(), stepLimitMs);
    const endMs = performance.now() + stepLimitMs;
    try {
      for (;;) {
        const found = find();
        if (found !== null && found !== undefined) return found;
        const state = this.#tunnel?.state;
        if (state?.kind === 'dead') throw new Error(`The tunnel gave up: ${state.cause.message}`);
        if (performance.now() >= endMs)
          throw new Error(
            `The demo waited ${stepLimitMs / 1000} s in vain for this: ${what}. State: ${state?.kind ?? 'unknown'}.`,
          );
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  reach(condition: (tunnel: TunnelStatus) => boolean, what: string): Promise<TunnelStatus> {
    return this.#until(() => (this.#tunnel && condition(this.#tunnel) ? this.#tunnel : null), what);
  }

  /** The tunnel noticed that its link is gone. */
  async lost(): Promise<void> {
    const tunnel = await this.reach((now) => now.state.kind !== 'running', 'the loss is noticed');
    const cause = tunnel.state.kind === 'retrying' ? ` (${tunnel.state.cause.message})` : '';
    this.#guide.say(`   Noticed at once: ${tunnel.state.kind.toUpperCase()}${cause}`);
  }

  /** Resolves with the address of the website on this machine. */
  async running(): Promise<string> {
    const tunnel = await this.reach((now) => now.state.kind === 'running', 'the tunnel is RUNNING');
    return `http://${tunnel.forwards[0]?.listen ?? ''}/`;
  }

  async hostKey(hop: string): Promise<void> {
    const prompt = await this.#until(
      () => [...this.#prompts.values()].find((open) => open.kind === 'host-key' && open.hop === hop),
      `the question about ${hop}'s host key`,
    );
    const told = this.#stage.fingerprints[hop] ?? '';
    this.#guide.say(
      `   Is this really ${hop}? (${prompt.user}@${prompt.address}) Holdfast meets it for the first time; nothing secret was sent.`,
    );
    this.#guide.say(`     it shows   ${prompt.hostKey?.keyType ?? ''} ${prompt.hostKey?.fingerprint ?? ''}`);
    this.#guide.say(`     its owner  ${told} (what the owner of a server would tell you)`);
    expectSeen(prompt.hostKey?.fingerprint === told, `${hop} shows the key of its owner`);
    const answer = await this.#person('   Trust and remember it? [yes/no] ');
    await this.#client.call('answer', {
      id: prompt.id,
      answer: { kind: answer === null || /^y(es)?$/i.test(answer) ? 'yes' : 'no' },
    });
  }

  async code(): Promise<void> {
    const prompt = await this.#until(
      () => [...this.#prompts.values()].find((open) => open.kind === 'otp'),
      'the question for a one-time code',
    );
    this.#guide.say(
      `   ${prompt.hop} asks for a code. Signing in as ${prompt.user}. The server says: ${prompt.message.replaceAll(/\s+/g, ' ')}`,
    );
    this.#guide.say(`     your authenticator shows ${this.#stage.otp.current}`);
    const answer = await this.#person(`   ${(prompt.fields[0]?.label ?? 'Code:').trimEnd()} `);
    await this.#client.call('answer', {
      id: prompt.id,
      answer: { kind: 'values', values: [answer ?? this.#stage.otp.current], remember: false },
    });
    await this.#until(() => (this.#prompts.has(prompt.id) ? null : true), 'the code is taken');
  }

  async #person(question: string): Promise<string | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('Nobody answered.')), personLimitMs);
    });
    try {
      return await Promise.race([this.#guide.ask(question), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** One page through the tunnel, without a pooled connection. */
function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, timeout: stepLimitMs }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (text.trim() === greeting) resolve(text.trim());
        else reject(new Error(`Other bytes came through the tunnel: ${text.slice(0, 200)}`));
      });
    })
      .on('timeout', () => reject(new Error(`No answer from ${url}`)))
      .on('error', reject);
  });
}
