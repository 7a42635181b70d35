import { describe, expect, it } from 'vitest';
import { HoldfastError } from '../../../src/shared/model/failure.ts';

describe('a cause', () => {
  it('shows nothing that reorders or hides text, whatever somebody typed, and cleaning it twice changes nothing', () => {
    const cause = new HoldfastError({
      code: 'not-found',
      where: 'a\u202eb',
      message: 'There is no tunnel\nnamed \u001b[31m\uD800\u200b.',
      next: 'Look\u2066.',
    }).toCause();
    expect(cause).toEqual({
      code: 'not-found',
      where: 'a\\u{202e}b',
      message: 'There is no tunnel\nnamed \\033[31m\\u{d800}\\u{200b}.',
      next: 'Look\\u{2066}.',
    });
    expect(new HoldfastError(cause).toCause()).toEqual(cause);
  });
});
