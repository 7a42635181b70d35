// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { announce, LiveRegion, resetAnnouncements } from '../../../src/renderer/ui/live-region.tsx';

beforeEach(() => {
  vi.useFakeTimers();
  render(<LiveRegion />);
});

afterEach(() => {
  cleanup();
  resetAnnouncements();
  vi.useRealTimers();
});

const said = () => screen.getByTestId('live').textContent;
const say = (text: string) => act(() => announce(text));
const pass = (ms: number) =>
  act(() => {
    vi.advanceTimersByTime(ms);
  });

test('the region speaks once in two seconds, and then says the newest of what came meanwhile', () => {
  say('db gave up.');
  say('web is back.');
  say('mail needs you.');
  expect(said()).toBe('db gave up.');
  pass(1999);
  expect(said()).toBe('db gave up.');
  pass(1);
  expect(said()).toBe('mail needs you.');
  pass(5000);
  expect(said()).toBe('mail needs you.');
});

test('the same news twice is news', () => {
  say('db is back.');
  pass(3000);
  const before = said();
  say('db is back.');
  expect(said()).not.toBe(before);
  expect(said()?.trim()).toBe('db is back.');
});
