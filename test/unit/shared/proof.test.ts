import { createHmac, webcrypto } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerProof,
  askForProof,
  FrameInbox,
  freshWord,
  type ProofWire,
  sayProven,
} from '../../../src/shared/contract/proof.ts';

/** Both sides of the mutual proof, over a wire that a stranger may sit at. */

const place = 'http://127.0.0.1:8765';
type Frame = Record<string, unknown>;

/** Two ends; what each says passes through `tamper` on its way and is written down. */
function wires(tamper: (frame: Frame, from: 'asker' | 'answerer') => unknown = (frame) => frame) {
  const inboxes = { asker: new FrameInbox(), answerer: new FrameInbox() };
  const said: { from: 'asker' | 'answerer'; frame: Frame }[] = [];
  const end = (own: 'asker' | 'answerer', other: 'asker' | 'answerer'): ProofWire => ({
    send: (frame) => {
      said.push({ from: own, frame: frame as Frame });
      inboxes[other].push(tamper(frame as Frame, own));
    },
    next: () => inboxes[own].next(),
  });
  return { asker: end('asker', 'answerer'), answerer: end('answerer', 'asker'), said };
}

async function run(asked: string, known: string | null, pair = wires(), places = [place, place]) {
  const [answer, ask] = await Promise.all([
    answerProof(webcrypto, () => known, places[1] ?? '', pair.answerer).then((proof) => {
      if (proof !== null) sayProven(pair.answerer);
      return proof;
    }),
    askForProof(webcrypto, asked, places[0] ?? '', pair.asker),
  ]);
  return { answer, ask, said: pair.said };
}

const secret = freshWord(webcrypto);

describe('the proof', () => {
  it('holds for the same secret at the same place, and sends nothing of it', async () => {
    const { answer, ask, said } = await run(secret, secret);
    expect(ask).toEqual(answer?.exchange);
    expect(JSON.stringify(said)).not.toContain(secret);
    expect(said.map(({ frame }) => Object.keys(frame)[0])).toEqual(['prove', 'challenge', 'proof', 'proven']);
  });

  it('is HMAC-SHA-256 over side, place and both nonces', async () => {
    const { ask, said } = await run(secret, secret);
    const hmac = (...parts: (string | undefined)[]): string =>
      createHmac('sha256', Buffer.from(secret, 'hex'))
        .update(['holdfast proof 1', ...parts].join('\n'))
        .digest('hex');
    expect(said[0]?.frame).toEqual({ prove: { id: hmac('id'), nonce: ask?.askerNonce } });
    expect(said[1]?.frame).toEqual({
      challenge: { nonce: ask?.answererNonce, proof: hmac('answerer', place, ask?.askerNonce, ask?.answererNonce) },
    });
    expect(said[2]?.frame).toEqual({ proof: hmac('asker', place, ask?.askerNonce, ask?.answererNonce) });
  });

  it('an asker shows no proof to one that does not know the secret, nor at another place', async () => {
    for (const [known, places] of [
      [freshWord(webcrypto), [place, place]],
      [null, [place, place]],
      [secret, [place, 'http://127.0.0.1:1']],
    ] as const) {
      const pair = wires();
      const answerer = answerProof(webcrypto, () => known, places[1], pair.answerer).catch(() => null);
      expect(await askForProof(webcrypto, secret, places[0], pair.asker)).toBeNull();
      expect(pair.said.filter(({ from }) => from === 'asker')).toHaveLength(1);
      void answerer;
    }
  });

  it('the answerer cannot be met with its own proof', async () => {
    let challenge = '';
    const pair = wires((frame, from) => {
      if (from === 'answerer' && 'challenge' in frame) challenge = (frame['challenge'] as { proof: string }).proof;
      return from === 'asker' && 'proof' in frame ? { proof: challenge } : frame;
    });
    const { answer, ask } = await run(secret, secret, pair);
    expect([answer, ask]).toEqual([null, null]);
  });

  it('no changed byte of any frame is taken', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2),
        fc.nat(),
        fc.constantFrom(...Array.from({ length: 16 }, (_, n) => n.toString(16))),
        async (index, at, digit) => {
          let count = 0;
          let changed = false;
          const pair = wires((frame) => {
            if (count++ !== index) return frame;
            const text = JSON.stringify(frame);
            const spots = [...text.matchAll(/[0-9a-f]{64}/g)].flatMap((match) =>
              Array.from({ length: 64 }, (_, n) => match.index + n),
            );
            const spot = spots[at % spots.length] ?? 0;
            changed = text[spot] !== digit;
            return JSON.parse(text.slice(0, spot) + digit + text.slice(spot + 1)) as unknown;
          });
          const known = new Map<string, string>();
          const find = (id: string): string | null => known.get(id) ?? null;
          known.set(
            createHmac('sha256', Buffer.from(secret, 'hex')).update('holdfast proof 1\nid').digest('hex'),
            secret,
          );
          const inbox = answerProof(webcrypto, find, place, pair.answerer).then((proof) => {
            if (proof !== null) sayProven(pair.answerer);
            return proof;
          });
          const ask = await askForProof(webcrypto, secret, place, pair.asker);
          expect(ask === null).toBe(changed);
          void inbox.catch(() => undefined);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('whatever else comes ends it without a proof', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const said: object[] = [];
        const wire: ProofWire = { send: (frame) => void said.push(frame), next: () => Promise.resolve(value) };
        expect(await askForProof(webcrypto, secret, place, wire)).toBeNull();
        expect(said).toHaveLength(1);
        expect(await answerProof(webcrypto, () => secret, place, wire)).toBeNull();
        expect(said.slice(1)).toEqual([{ ended: true }]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the inbox', () => {
  it('keeps one frame that nobody waits for, and no second one', async () => {
    const inbox = new FrameInbox();
    expect([inbox.push(1), inbox.push(2), inbox.isEmpty]).toEqual([true, false, false]);
    expect([await inbox.next(), inbox.isEmpty]).toEqual([1, true]);
    const waiting = inbox.next();
    inbox.end(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(inbox.next()).rejects.toThrow('gone');
  });
});
