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
    const both = await Promise.all([secrets.admit(id, exchange), secrets.admit(id, exchange)]);
    expect(both.map((share) => share !== null)).toEqual([true, false]);
    const session = await idOf(await nextSecret(webcrypto, link, exchange));
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
  it('rests for an hour without a page, then it ends', async () => {
    const { clock, secrets, idOf } = scene();
    const link = await secrets.newLink();
    const share = await secrets.admit(await idOf(link), exchange);
    const session = await idOf(await nextSecret(webcrypto, link, exchange));
    const second = await secrets.admit(session, exchange);
    share?.dispose();
    share?.dispose();
    await clock.advance(2 * sessionRestMs);
    expect(secrets.secretOf(session)).not.toBeNull();
    second?.dispose();
    await clock.advance(sessionRestMs - 1);
    const third = await secrets.admit(session, exchange);
    await clock.advance(2 * sessionRestMs);
    third?.dispose();
    await clock.advance(sessionRestMs);
    expect(secrets.secretOf(session)).toBeNull();
    expect(clock.pending).toBe(0);
  });

  it('with a page is not pushed out by new ones', async () => {
    const { secrets, idOf } = scene();
    const shares: (PanelShare | null)[] = [];
    const ids: string[] = [];
    for (let n = 0; n < 70; n += 1) {
      const link = await secrets.newLink();
      const share = await secrets.admit(await idOf(link), exchange);
      if (n === 0) shares.push(share);
      else share?.dispose();
      ids.push(await idOf(await nextSecret(webcrypto, link, exchange)));
    }
    expect(secrets.secretOf(ids[0] ?? '')).not.toBeNull();
    expect(secrets.secretOf(ids[1] ?? '')).toBeNull();
    expect(secrets.secretOf(ids[69] ?? '')).not.toBeNull();
  });
});
