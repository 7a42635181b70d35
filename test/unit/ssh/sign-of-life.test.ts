import { describe, expect, test } from 'vitest';
import { SignOfLife } from '../../../src/main/engine/ssh/sign-of-life.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function asked() {
  const clock = new FakeClock();
  const state = { sent: [] as string[], lastInboundAtMs: 0, forgotten: 0 };
  const answers: { keepalive: (() => void) | null; open: (() => void) | null } = { keepalive: null, open: null };
  const life = new SignOfLife({
    clock,
    keepalive: (answered) => {
      state.sent.push('keepalive');
      answers.keepalive = answered;
      return {
        dispose() {
          state.forgotten += 1;
        },
      };
    },
    open: (answered) => {
      state.sent.push('open');
      answers.open = answered;
    },
    lastInboundAtMs: () => state.lastInboundAtMs,
  });
  return { clock, state, answers, life };
}

describe('a server is asked by what it answers', () => {
  test('keepalives: nothing else is ever sent', async () => {
    const { clock, state, answers, life } = asked();
    let count = 0;
    life.ask(() => (count += 1));
    answers.keepalive?.();
    await clock.advance(10_000);
    life.ask(() => (count += 1));
    answers.keepalive?.();
    expect([count, state.sent, life.isMute]).toEqual([2, ['keepalive', 'keepalive'], false]);
    expect(clock.pending).toBe(0);
  });

  test('not keepalives: after a while a channel that it must refuse, and no keepalive ever again', async () => {
    const { clock, state, answers, life } = asked();
    let count = 0;
    life.ask(() => (count += 1));
    await clock.advance(2999);
    expect(state.sent).toEqual(['keepalive']);
    await clock.advance(1);
    expect(state.sent).toEqual(['keepalive', 'open']);
    answers.open?.();
    expect([count, state.forgotten, life.isMute]).toEqual([1, 1, false]);
    life.ask(() => (count += 1));
    answers.open?.();
    expect([count, state.sent]).toEqual([2, ['keepalive', 'open', 'open']]);
  });

  test('nothing: it is mute, and its silence proves something only until bytes come', async () => {
    const { clock, state, life } = asked();
    for (let i = 0; i < 100; i += 1) life.ask(() => {}).dispose();
    await clock.advance(60_000);
    expect([state.sent, life.isMute, life.isSilenceProof]).toEqual([['keepalive', 'open'], true, true]);
    state.lastInboundAtMs = clock.now();
    expect([life.isMute, life.isSilenceProof]).toEqual([true, false]);
    expect(clock.pending).toBe(0);
  });

  test('a question that is given up is not answered', () => {
    const { answers, life } = asked();
    let count = 0;
    life.ask(() => (count += 1)).dispose();
    answers.keepalive?.();
    expect(count).toBe(0);
  });
});

describe('before another global request', () => {
  test('a keepalive whose answer may never come is settled first', async () => {
    const { clock, state, answers, life } = asked();
    await life.settled();
    life.ask(() => {});
    let isSettled = false;
    const settled = life.settled().then(() => {
      isSettled = true;
    });
    await clock.advance(1);
    expect([isSettled, state.sent]).toEqual([false, ['keepalive', 'open']]);
    answers.open?.();
    await settled;
    expect(state.forgotten).toBeGreaterThan(0);
    expect(clock.pending).toBe(0);
  });

  test('a mute server is not waited for without end', async () => {
    const { clock, state, life } = asked();
    life.ask(() => {});
    const settled = life.settled();
    await clock.advance(8000);
    await settled;
    expect(state.forgotten).toBe(1);
  });

  test('the end of the link ends the wait, and answers nothing', async () => {
    const { life } = asked();
    let count = 0;
    life.ask(() => (count += 1));
    const settled = life.settled();
    life.dispose();
    await settled;
    expect(count).toBe(0);
  });
});
