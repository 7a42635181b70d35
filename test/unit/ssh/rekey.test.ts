import { expect, test } from 'vitest';
import { RekeyTrigger } from '../../../src/main/engine/ssh/rekey.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function trigger(limitBytes: number, limitMs: number) {
  const clock = new FakeClock();
  const state = { bytes: 0, isExchanging: false, starts: 0, stalls: 0 };
  const rekey = new RekeyTrigger({
    clock,
    limitBytes,
    limitMs,
    answerMs: 20_000,
    transferred: () => state.bytes,
    isExchanging: () => state.isExchanging,
    start: () => {
      state.starts += 1;
      state.isExchanging = true;
    },
    onStalled: () => {
      state.stalls += 1;
    },
  });
  const done = (): void => {
    state.isExchanging = false;
    rekey.onRekeyed();
  };
  return { clock, state, rekey, done };
}

test('starts once the bytes are reached, and counts anew from the next key', () => {
  const { state, rekey, done } = trigger(1000, 0);
  state.bytes = 999;
  rekey.onTransfer();
  expect(state.starts).toBe(0);
  state.bytes = 1000;
  rekey.onTransfer();
  rekey.onTransfer();
  expect(state.starts).toBe(1);
  state.bytes = 1500;
  done();
  state.bytes = 2400;
  rekey.onTransfer();
  expect(state.starts).toBe(1);
  state.bytes = 2500;
  rekey.onTransfer();
  expect(state.starts).toBe(2);
  rekey.dispose();
});

test('starts when the key is old, counted from the last exchange, whoever started it', async () => {
  const { clock, state, rekey, done } = trigger(0, 3_600_000);
  await clock.advance(3_599_999);
  expect(state.starts).toBe(0);
  done();
  await clock.advance(3_599_999);
  expect(state.starts).toBe(0);
  await clock.advance(1);
  expect(state.starts).toBe(1);
  done();
  rekey.dispose();
  expect(clock.pending).toBe(0);
});

test('leaves an exchange that the server started alone', () => {
  const { state, rekey } = trigger(1000, 0);
  state.isExchanging = true;
  state.bytes = 5000;
  rekey.onTransfer();
  expect(state.starts).toBe(0);
  rekey.dispose();
});

test('a server that does not answer is reported once', async () => {
  const { clock, state, rekey } = trigger(1000, 0);
  state.bytes = 1000;
  rekey.onTransfer();
  await clock.advance(19_999);
  expect(state.stalls).toBe(0);
  await clock.advance(100_000);
  expect(state.stalls).toBe(1);
  rekey.dispose();
});

test('limits of 0 are none', async () => {
  const { clock, state, rekey } = trigger(0, 0);
  state.bytes = 1e12;
  rekey.onTransfer();
  await clock.advance(1e9);
  expect(state.starts).toBe(0);
  expect(clock.pending).toBe(0);
  rekey.dispose();
});

test('a key exchange that the server begins and never ends is a stall as well', async () => {
  const clock = new FakeClock();
  let stalled = 0;
  const rekey = new RekeyTrigger({
    clock,
    limitBytes: 0,
    limitMs: 0,
    answerMs: 15_000,
    transferred: () => 0,
    isExchanging: () => true,
    start: () => {},
    onStalled: () => {
      stalled += 1;
    },
  });
  rekey.onServerBegan();
  await clock.advance(14_000);
  rekey.onRekeyed();
  rekey.onServerBegan();
  await clock.advance(14_999);
  expect(stalled).toBe(0);
  await clock.advance(1);
  expect(stalled).toBe(1);
  rekey.dispose();
});
