import { afterEach, beforeEach, expect } from 'vitest';

/** Kinds of active resources that count as leaks. */
const counted = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'PipeWrap',
  'PipeServerWrap',
  'Timeout',
  'ProcessWrap',
  'MessagePort',
  'FSEventWrap',
  'TTYWrap',
]);

function active(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) if (counted.has(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Call once at the top of a test file: after each test no socket, server, timer or child may be left that was not there before it. */
export function checkLeaks(): void {
  let before: Record<string, number> = {};
  beforeEach(() => {
    before = active();
  });
  afterEach(async () => {
    let left = excess(before);
    // Handles close asynchronously: give them up to 2 s of event-loop turns before calling it a leak.
    const end = performance.now() + 2000;
    while (left.length > 0 && performance.now() < end) {
      await new Promise((resolve) => setImmediate(resolve));
      left = excess(before);
    }
    expect(left, 'resources left open by the test').toEqual([]);
  });
}

function excess(before: Record<string, number>): string[] {
  return Object.entries(active())
    .filter(([kind, count]) => count > (before[kind] ?? 0))
    .map(([kind, count]) => `${kind}: ${count - (before[kind] ?? 0)}`);
}
