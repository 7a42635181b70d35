import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader } from '../../../src/main/engine/control/line-reader.ts';

describe('LineReader', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
        (bytes, cuts) => {
          const whole = Buffer.from(bytes);
          const reader = new LineReader(1000);
          const lines: string[] = [];
          let start = 0;
          for (const cut of [...cuts, whole.length + 1]) {
            const { lines: found, tooLong } = reader.push(whole.subarray(start, start + cut));
            expect(tooLong).toBe(false);
            lines.push(...found.map((line) => line.toString('latin1')));
            start += cut;
            if (start >= whole.length) break;
          }
          const expected = whole.toString('latin1').split('\n');
          const rest = expected.pop() ?? '';
          expect(lines).toEqual(expected);
          expect(reader.isMidLine).toBe(rest !== '');
        },
      ),
    );
  });

  it('never holds or gives more than its limit, and says so once and for all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.uint8Array({ maxLength: 300 }), (limit, bytes) => {
        const reader = new LineReader(limit);
        const longest = Math.max(
          ...Buffer.from(bytes)
            .toString('latin1')
            .split('\n')
            .map((line) => line.length),
        );
        let tooLong = false;
        for (const byte of bytes) {
          const result = reader.push(Buffer.of(byte));
          for (const line of result.lines) expect(line.length).toBeLessThanOrEqual(limit);
          if (tooLong) expect(result.tooLong).toBe(true);
          tooLong = result.tooLong;
        }
        expect(tooLong).toBe(longest > limit);
      }),
    );
  });
});
