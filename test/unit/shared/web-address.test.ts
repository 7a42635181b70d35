import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { webAddresses } from '../../../src/shared/model/web-address.ts';

describe('https addresses in a server’s words', () => {
  test.each([
    ['visit https://login.example.org/a/1f2e3d.', ['https://login.example.org/a/1f2e3d']],
    ['(https://example.org:8443/x?y=1&z=%20#top)', ['https://example.org:8443/x?y=1&z=%20#top']],
    ['https://a.example/one https://a.example/one https://b.example', ['https://a.example/one', 'https://b.example']],
    ['HTTPS://Example.org/Path', ['HTTPS://Example.org/Path']],
    ['http://example.org', []],
    ['javascript:alert(1) file:///etc/passwd', []],
    // Before the @ stands no host.
    ['https://accounts.google.com@evil.example/', []],
    ['https://accounts.google.com:x@evil.example/', []],
    ['https://evil.example\\@good.example/', []],
    // Another alphabet, marks that reorder or hide, escapes.
    ['https://аpple.com/', []],
    ['https://example.org/\u202egnp.exe', []],
    ['https://example.org/\u001b[2J', []],
    ['https://example.org/a\u200bb', []],
    [`https://example.org/${'a'.repeat(1000)}`, []],
    ['https://-example.org/', []],
    ['https:///path', []],
    ['https://[::1]/', []],
  ])('%j', (text, expected) => {
    expect(webAddresses(text)).toEqual(expected);
  });

  test('property: each is plain, stands in the text, and a URL reads it as it looks', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.webUrl({ validSchemes: ['https'], withQueryParameters: true }), fc.string({ unit: 'binary' })),
          { maxLength: 5 },
        ),
        (parts) => {
          const text = parts.join(' ');
          for (const address of webAddresses(text)) {
            expect(text).toContain(address);
            expect(address).toMatch(/^[\x21-\x7e]+$/);
            const url = new URL(address);
            expect(url.protocol).toBe('https:');
            expect(url.username + url.password).toBe('');
            expect(address.toLowerCase()).toContain(`//${url.host}`);
          }
        },
      ),
    );
  });

  test('a text of any length costs little', () => {
    expect(webAddresses('https://'.repeat(100_000))).toEqual([]);
  });
});
