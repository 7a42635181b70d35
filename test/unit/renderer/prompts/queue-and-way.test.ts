import { describe, expect, it } from 'vitest';
import { nextPrompt, waitingBehind } from '../../../../src/renderer/features/prompts/prompt-queue.ts';
import { chainTo, wayOf } from '../../../../src/renderer/features/prompts/way.ts';
import { elsewherePrompt, promptOf } from '../../../support/renderer/editing-prompts.ts';

const a = promptOf({ id: 'a', hop: 'one', askedAtMs: 1 });
const b = promptOf({ id: 'b', hop: 'two', askedAtMs: 2 });
const c = promptOf({ id: 'c', hop: 'one', askedAtMs: 3 });

describe('the queue of questions', () => {
  it('keeps what is on screen, then goes on with the same host, then with the oldest', () => {
    expect(nextPrompt([c, b, a], 'b', 'two')).toBe(b);
    expect(nextPrompt([b, c], 'a', 'one')).toBe(c);
    expect(nextPrompt([c, b], 'x', 'nobody')).toBe(b);
    expect(nextPrompt([], 'a', 'one')).toBeNull();
    expect(waitingBehind([a, b, c], b)).toBe(2);
  });
});

describe('a login that is finished elsewhere', () => {
  const told = elsewherePrompt({ id: 't', hop: 'one', askedAtMs: 0 });

  it('holds no question up, and is shown when there is no other', () => {
    expect(nextPrompt([told, b], 't', 'one')).toBe(b);
    expect(nextPrompt([told, b, c], null, 'one')).toBe(c);
    expect(nextPrompt([told], 'b', 'two')).toBe(told);
  });
});

describe('the way to a hop', () => {
  const hosts = [
    { name: 'edge', effective: { jump: [] } },
    { name: 'mid', effective: { jump: ['edge'] } },
    { name: 'far', effective: { jump: ['edge', 'mid'] } },
  ];

  it('says where it stands and through whom', () => {
    expect(chainTo('far', hosts)).toEqual(['edge', 'mid', 'far']);
    expect(wayOf({ host: 'far', hop: 'edge' }, hosts)).toEqual({ position: 1, length: 3, through: null });
    expect(wayOf({ host: 'far', hop: 'far' }, hosts)).toEqual({ position: 3, length: 3, through: 'mid' });
  });

  it('claims nothing where the configuration is not known', () => {
    expect(wayOf({ host: 'far', hop: 'edge' }, [])).toBeNull();
    expect(wayOf({ host: 'gone', hop: 'gone' }, hosts)).toEqual({ position: 1, length: 1, through: null });
    expect(wayOf({ host: 'far', hop: 'elsewhere' }, hosts)).toBeNull();
  });
});
