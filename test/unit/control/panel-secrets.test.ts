import { webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  linkLifeMs,
  PanelSecrets,
  type PanelShare,
  sessionRestMs,
} from '../../../src/main/engine/control/panel-secrets.ts';
import { freshWord, nextSecret, secretId } from '../../../src/shared/contract/proof.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** How long links and sessions are good for, on a clock that moves when told. */

const exchange = { place: 'http://127.0.0.1:1', askerNonce: freshWord(webcrypto), answererNonce: freshWord(webcrypto) };

/** The same place, other nonces. */
function another(): typeof exchange {
  return { ...exchange, askerNonce: freshWord(webcrypto), answererNonce: freshWord(webcrypto) };
}

function scene(): { clock: FakeClock; secrets: PanelSecrets; idOf: (secret: string) => Promise<string> } {
  const clock = new FakeClock();
  return { clock, secrets: new PanelSecrets(clock), idOf: (secret) => secretId(webcrypto, secret) };
}

describe('a link', () => {
  it('that nobody opens is good for 10 minutes', async () => {
    const { clock, secrets, idOf } = scene();
    expect(linkLifeMs).toBe(600_000);
    const link = await secrets.newLink();
    const id = await idOf(link);
    await clock.advance(linkLifeMs - 1);
    expect(secrets.secretOf(id)).toBe(link);
    await clock.advance(1);
    expect(secrets.secretOf(id)).toBeNull();
    expect(await secrets.admit(id, exchange)).toBeNull();
    expect(clock.pending).toBe(0);
  });

  it('expires while the machine sleeps, when only the wall clock goes on', async () => {
    const { clock, secrets, idOf } = scene();
    const id = await idOf(await secrets.newLink());
    clock.jumpWall(linkLifeMs);
    expect(secrets.secretOf(id)).toBeNull();
    expect(clock.pending).toBe(0);
  });

  it('is spent by the first page, whose session outlives its expiry', async () => {
    const { clock, secrets, idOf } = scene();
    const link = await secrets.newLink();
    const id = await idOf(link);
    const both = await Promise.all([secrets.admit(id, exchange), secrets.admit(id, another())]);
    expect(both.map((share) => share?.confirm())).toEqual([false, true]);
    both[0]?.dispose();
    expect(await secrets.admit(id, another())).toBeNull();
    const third = await secrets.newLink();
    const admitted = await secrets.admit(await idOf(third), exchange);
    expect(admitted?.confirm()).toBe(true);
    const session = await idOf(await nextSecret(webcrypto, third, exchange));
    await clock.advance(10 * sessionRestMs);
    expect(secrets.secretOf(session)).not.toBeNull();
    expect(secrets.secretOf(id)).toBeNull();
  });

  it('has only so many beside it', async () => {
    const { clock, secrets, idOf } = scene();
    const links = [];
    for (let n = 0; n < 40; n += 1) links.push(await secrets.newLink());
    const ids = await Promise.all(links.map(idOf));
    expect(ids.map((id) => secrets.secretOf(id) !== null)).toEqual(ids.map((_, index) => index >= 8));
    expect(clock.pending).toBe(32);
    secrets.dispose();
    expect(clock.pending).toBe(0);
    expect(secrets.secretOf(ids[39] ?? '')).toBeNull();
  });
});

describe('a session', () => {
  /** A page that came in by a link and has spoken, and its secret for the next connection. */
  async function page({ secrets, idOf }: ReturnType<typeof scene>): Promise<{ share: PanelShare; session: string }> {
    const link = await secrets.newLink();
    const share = await secrets.admit(await idOf(link), exchange);
    if (share?.confirm() !== true) throw new Error('the link was refused');
    return { share, session: await nextSecret(webcrypto, link, exchange) };
  }

  it('rests for a minute and a half without a page, then it ends', async () => {
    const parts = scene();
    const { clock, secrets, idOf } = parts;
    expect(sessionRestMs).toBe(90_000);
    const { share, session } = await page(parts);
    await clock.advance(20 * sessionRestMs);
    share.dispose();
    share.dispose();
    await clock.advance(sessionRestMs - 1);
    expect(secrets.secretOf(await idOf(session))).toBe(session);
    await clock.advance(1);
    expect(secrets.secretOf(await idOf(session))).toBeNull();
    expect(clock.pending).toBe(0);
  });

  it('outlives a sleep of the machine with its page there, and no longer one without', async () => {
    const parts = scene();
    const { clock, secrets, idOf } = parts;
    const { share, session } = await page(parts);
    clock.jumpWall(10 * sessionRestMs);
    expect(secrets.secretOf(await idOf(session))).toBe(session);
    share.dispose();
    clock.jumpWall(sessionRestMs);
    expect(secrets.secretOf(await idOf(session))).toBeNull();
  });

  it('has another secret after each connection: the one before is worth nothing once the page has spoken', async () => {
    const parts = scene();
    const { secrets, idOf } = parts;
    const { share, session } = await page(parts);
    share.dispose();
    const next = another();
    const second = await secrets.admit(await idOf(session), next);
    expect(second?.confirm()).toBe(true);
    expect(secrets.secretOf(await idOf(session))).toBeNull();
    expect(await secrets.admit(await idOf(session), another())).toBeNull();
    const following = await nextSecret(webcrypto, session, next);
    expect(secrets.secretOf(await idOf(following))).toBe(following);
  });

  it('takes the old secret from a page that did not hear that it is in, and ends what had followed', async () => {
    const parts = scene();
    const { clock, secrets, idOf } = parts;
    const { share, session } = await page(parts);
    share.dispose();
    const unheard = another();
    (await secrets.admit(await idOf(session), unheard))?.dispose();
    const again = await secrets.admit(await idOf(session), another());
    expect(secrets.secretOf(await idOf(await nextSecret(webcrypto, session, unheard)))).toBeNull();
    expect(again?.confirm()).toBe(true);
    again?.dispose();
    await clock.advance(sessionRestMs);
    expect(clock.pending).toBe(0);
  });

  it('takes the new secret from a page that heard it, and whose word did not arrive', async () => {
    const parts = scene();
    const { secrets, idOf } = parts;
    const { share, session } = await page(parts);
    share.dispose();
    const unspoken = another();
    (await secrets.admit(await idOf(session), unspoken))?.dispose();
    const heard = await secrets.admit(await idOf(await nextSecret(webcrypto, session, unspoken)), another());
    expect(heard?.confirm()).toBe(true);
  });

  it('that is taken while its page is still there goes over to the later one', async () => {
    const parts = scene();
    const { clock, secrets, idOf } = parts;
    const { share, session } = await page(parts);
    const later = await secrets.admit(await idOf(session), another());
    expect(later?.confirm()).toBe(true);
    share.dispose();
    expect(secrets.secretOf(await idOf(session))).toBeNull();
    expect(clock.pending).toBe(0);
  });

  it('with a page is not pushed out by new ones', async () => {
    const parts = scene();
    const { secrets, idOf } = parts;
    const sessions = [(await page(parts)).session];
    for (let n = 1; n < 70; n += 1) {
      const link = await secrets.newLink();
      const nonces = another();
      const share = await secrets.admit(await idOf(link), nonces);
      share?.confirm();
      share?.dispose();
      sessions.push(await nextSecret(webcrypto, link, nonces));
    }
    const ids = await Promise.all(sessions.map(idOf));
    expect([0, 1, 69].map((index) => secrets.secretOf(ids[index] ?? '') !== null)).toEqual([true, false, true]);
  });
});
