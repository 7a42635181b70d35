import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HelloGuard, type HelloFault, parseKexInit } from '../../../src/main/engine/ssh/hello-guard.ts';

function nameList(names: readonly string[]): Buffer {
  const text = Buffer.from(names.join(','));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
}

function packet(payload: Buffer): Buffer {
  const padding = 8 - ((5 + payload.length) % 8) + 4;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + payload.length + padding, 0);
  head.writeUInt8(padding, 4);
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
}

const lists = [['kex-a', 'kex-b'], ['key-a'], ['up'], ['down'], ['mac-up'], ['mac-down'], ['none'], ['none'], [], []];
const kexInit = Buffer.concat([Buffer.from([20]), Buffer.alloc(16), ...lists.map(nameList), Buffer.alloc(5)]);
const offered = {
  kex: ['kex-a', 'kex-b'],
  serverHostKey: ['key-a'],
  cipher: ['down'],
  mac: ['mac-down'],
  compress: ['none'],
};

function feed(guard: HelloGuard, bytes: Buffer, sizes: readonly number[] = []): HelloFault | null {
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] ?? 1);
    const fault = guard.look(bytes.subarray(at, at + size));
    if (fault) return fault;
    at += size;
  }
  return null;
}

const ignore = packet(Buffer.from([2, 0, 0, 0, 1, 65]));

test('reads the server along, however the bytes are cut', () => {
  const bytes = Buffer.concat([
    Buffer.from('welcome\r\n\r\nSSH-2.0-Server_1.0 comment\r\n'),
    ignore,
    packet(kexInit),
    Buffer.alloc(64, 7),
  ]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 10 }), (sizes) => {
      const guard = new HelloGuard();
      expect(feed(guard, bytes, sizes)).toBeNull();
      expect(guard.isPast).toBe(true);
      expect(guard.isDone).toBe(true);
      expect(guard.serverVersion).toBe('Server_1.0 comment');
      expect(guard.offered).toEqual(offered);
    }),
  );
});

describe('limits', () => {
  test('1024 lines', () => {
    const guard = new HelloGuard();
    expect(feed(guard, Buffer.from('a\n'.repeat(1023)))).toBeNull();
    expect(feed(guard, Buffer.from('a\n'))).toEqual({ kind: 'too-much' });
  });

  test('8192 bytes in a line', () => {
    expect(feed(new HelloGuard(), Buffer.alloc(8192, 97), [100])).toBeNull();
    expect(feed(new HelloGuard(), Buffer.alloc(8193, 97), [100])).toEqual({ kind: 'too-much' });
  });

  test('64 KiB in all', () => {
    expect(feed(new HelloGuard(), Buffer.from(`${'a'.repeat(8000)}\n`.repeat(9)))).toEqual({ kind: 'too-much' });
  });
});

test.each([
  ['SSH-1.5-x\r\n', 'SSH-1.5-x'],
  ['HTTP/1.1 400 Bad Request\r\n', 'HTTP/1.1 400 Bad Request'],
  ['220 mail ESMTP\r\n', '220 mail ESMTP'],
  ['SSH-3.0-x\n', 'SSH-3.0-x'],
])('%j is not SSH 2', (text, line) => {
  expect(feed(new HelloGuard(), Buffer.from(text))).toEqual({ kind: 'not-ssh', line });
});

test('SSH-1.99 is SSH 2', () => {
  expect(feed(new HelloGuard(), Buffer.from('SSH-1.99-Both\r\n'))).toBeNull();
});

test('property: never throws, and keeps no more than it must', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (chunks) => {
      const guard = new HelloGuard();
      guard.look(Buffer.from('SSH-2.0-x\n'));
      for (const chunk of chunks) guard.look(Buffer.from(chunk));
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(
      fc.nat({ max: kexInit.length }),
      fc.nat({ max: kexInit.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      (length, at, value) => {
        const changed = Buffer.from(kexInit.subarray(0, length));
        if (at < changed.length) changed.writeUInt8(value, at);
        parseKexInit(changed);
      },
    ),
    { numRuns: 1000 },
  );
});
