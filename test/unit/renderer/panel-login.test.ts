import { webcrypto } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PanelSecrets, type PanelShare } from '../../../src/main/engine/control/panel-secrets.ts';
import { PanelLogin } from '../../../src/renderer/panel-login.ts';
import { answerProof, FrameInbox, sayProven } from '../../../src/shared/contract/proof.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A page's login and the panel's secrets, with a connection between them that breaks where it likes. */

const origin = 'http://127.0.0.1:1';
/** After which frame the connection breaks; `spoken`: not before the page has said its first word. */
const breaks = ['prove', 'challenge', 'proof', 'proven', 'spoken'] as const;
type Break = (typeof breaks)[number];

/** One tab: what outlives its pages, and the page that is there. */
class Tab {
  readonly stored = new Map<string, string>();
  readonly #secrets: PanelSecrets;
  #hash = '';
  #page: PanelLogin;

  constructor(secrets: PanelSecrets, link: string) {
    this.#secrets = secrets;
    this.#hash = `#link=${link}`;
    this.#page = this.load();
  }

  /** Loads the page, or loads it again. */
  load(): PanelLogin {
    this.#page = new PanelLogin({
      location: { hash: this.#hash, origin, pathname: '/x/' },
      history: {
        replaceState: () => {
          this.#hash = '';
        },
      },
      storage: {
        getItem: (key) => this.stored.get(key) ?? null,
        setItem: (key, value) => void this.stored.set(key, value),
        removeItem: (key) => void this.stored.delete(key),
      },
      crypto: webcrypto,
    });
    return this.#page;
  }

  /** One connection. `in`: the page came in and spoke; `broken`; or `ended`: it was refused. */
  async connect(breaksAt: Break | null): Promise<'in' | 'broken' | 'ended'> {
    const [toPage, toServer] = [new FrameInbox(), new FrameInbox()];
    const lost = new Error('the connection broke');
    const cut = (): void => {
      toPage.end(lost);
      toServer.end(lost);
    };
    const sending = (inbox: FrameInbox) => (frame: object) => {
      inbox.push(frame);
      if (breaksAt !== null && Object.hasOwn(frame, breaksAt)) cut();
    };
    let share: PanelShare | null = null;
    const server = (async () => {
      const wire = { send: sending(toPage), next: () => toServer.next() };
      const proof = await answerProof(webcrypto, (id) => this.#secrets.secretOf(id), origin, wire);
      share = proof === null ? null : await this.#secrets.admit(proof.id, proof.exchange);
      if (share !== null) sayProven(wire);
    })().catch(() => undefined);
    const entered = await this.#page
      .enter({ send: sending(toServer), next: () => toPage.next() })
      .catch(() => 'broken' as const);
    cut();
    await server;
    const held = share as PanelShare | null;
    const isIn = entered === true && breaksAt === null && held?.confirm() === true;
    if (entered === true && breaksAt === 'spoken') held?.confirm();
    held?.dispose();
    if (entered === false) return 'ended';
    return isIn ? 'in' : 'broken';
  }
}

async function tab(): Promise<{ tab: Tab; clock: FakeClock; secrets: PanelSecrets }> {
  const clock = new FakeClock();
  const secrets = new PanelSecrets(clock);
  return { tab: new Tab(secrets, await secrets.newLink()), clock, secrets };
}

describe('a tab of the panel', () => {
  it('is in again, wherever its connections broke and whenever it was loaded again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ breaksAt: fc.constantFrom(...breaks, null), reload: fc.boolean() }), { maxLength: 6 }),
        async (steps) => {
          const { tab: one } = await tab();
          for (const { breaksAt, reload } of steps) {
            expect(await one.connect(breaksAt)).not.toBe('ended');
            if (reload) one.load();
          }
          expect(await one.connect(null)).toBe('in');
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps another secret after each connection, and none of those before opens anything', async () => {
    const { tab: one, secrets } = await tab();
    const seen: string[] = [];
    for (let time = 0; time < 4; time += 1) {
      expect(await one.connect(null)).toBe('in');
      seen.push(...one.stored.values());
      one.load();
    }
    expect(new Set(seen).size).toBe(4);
    for (const old of seen.slice(0, -1)) expect(await new Tab(secrets, old).connect(null)).toBe('ended');
    expect(await one.connect(null)).toBe('in');
  });

  it('of which somebody took the secret first ends, and whoever has an old one does not come in', async () => {
    const { tab: one, secrets } = await tab();
    await one.connect(null);
    const [stolen = ''] = one.stored.values();
    const thief = new Tab(secrets, stolen);
    expect(await one.connect(null)).toBe('in');
    expect(await thief.connect(null)).toBe('ended');
    const [current = ''] = one.stored.values();
    expect(await new Tab(secrets, current).connect(null)).toBe('in');
    expect(await one.connect(null)).toBe('ended');
    expect(one.stored.size).toBe(0);
  });
});
