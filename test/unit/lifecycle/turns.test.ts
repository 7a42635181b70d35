import { expect, it } from 'vitest';
import { Turns } from '../../../src/main/engine/lifecycle/turns.ts';

/** One piece of work after the other. */

it('begins a piece when the one before has ended, well or not', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const ends: (() => void)[] = [];
  const piece = (name: string, fails: boolean) =>
    turns.take(async () => {
      seen.push(`${name} begins`);
      await new Promise<void>((resolve) => ends.push(resolve));
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const [first, second] = [piece('first', true), piece('second', false)];
  await Promise.resolve();
  expect(seen).toEqual(['first begins']);
  ends[0]?.();
  await expect(first).rejects.toThrow('first');
  await Promise.resolve();
  ends[1]?.();
  expect(await second).toBe('second');
  expect(seen).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
});
