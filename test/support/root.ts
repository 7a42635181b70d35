import { describe, it, type TestContext } from 'vitest';

/** Some tests become another user, or mount a small disk. */
export const isRoot = process.getuid?.() === 0;

/** Stands in the name of each such test: the end of a run counts those that were left out for want of root. */
const rootOnly = '(as root only)';

export function itAsRoot(name: string, test: (context: TestContext) => Promise<void> | void): void {
  it.skipIf(!isRoot)(`${name} ${rootOnly}`, test);
}

export function describeAsRoot(name: string, tests: () => void): void {
  describe.skipIf(!isRoot)(`${name} ${rootOnly}`, tests);
}
