import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { guardedCall, isDesktopCall, isPageCall, isTrusted } from '../../../../src/main/desktop/ipc-guard.ts';
import { contentSecurityPolicy, mayOpenOutside, pageFileOf } from '../../../../src/main/desktop/page-files.ts';
import { calls } from '../../../../src/shared/contract/calls.ts';
import { HoldfastError } from '../../../../src/shared/model/failure.ts';

describe('who may send', () => {
  const page = { url: 'app://holdfast/index.html', isTop: true };
  it.each([
    ['our page', { frame: page, known: true }, true],
    ['a frame inside it', { frame: { ...page, isTop: false }, known: true }, false],
    ['a frame that is gone', { frame: null, known: true }, false],
    ['contents without a window', { frame: page, known: false }, false],
    ['another site', { frame: { ...page, url: 'https://holdfast/index.html' }, known: true }, false],
    ['another host of our scheme', { frame: { ...page, url: 'app://holdfast.evil/index.html' }, known: true }, false],
    ['a file', { frame: { ...page, url: 'file:///index.html' }, known: true }, false],
    ['no address', { frame: { ...page, url: '' }, known: true }, false],
  ])('%s', (_who, sender, trusted) => {
    expect(isTrusted(sender)).toBe(trusted);
  });

  it('a page makes the calls of the contract, but not those of a shell', () => {
    expect(isPageCall('snapshot')).toBe(true);
    for (const name of ['shutdown', 'hello', 'wake', 'constructor', '__proto__', 'toString', 7, null])
      expect(isPageCall(name)).toBe(false);
    expect(isDesktopCall('desktop.state')).toBe(true);
    expect(isDesktopCall('hasOwnProperty')).toBe(false);
  });

  it('no call gives a secret back', () => {
    for (const [name, { output }] of Object.entries(calls)) {
      const text = JSON.stringify(z.toJSONSchema(output, { unrepresentable: 'any' }));
      expect(text, name).not.toMatch(/"(secret|password|passphrase)"\s*:/);
    }
  });
});

describe('a guarded call', () => {
  const schemas = { input: z.object({ name: z.string() }), output: z.object({ count: z.number() }) };

  it('checks both ways', async () => {
    const call = (input: unknown, output: unknown) => guardedCall('x', input, schemas, () => Promise.resolve(output));
    expect(await call({ name: 'a', more: 1 }, { count: 1, more: 2 })).toEqual({ ok: true, output: { count: 1 } });
    expect(await call({ name: 7 }, { count: 1 })).toMatchObject({ ok: false, error: { code: 'usage' } });
    expect(await call({ name: 'a' }, { count: 'b' })).toMatchObject({ ok: false, error: { code: 'usage' } });
  });

  it('gives errors as values with every field', async () => {
    const details = { code: 'not-found', where: 'w', message: 'There is none.', next: 'Make one.' } as const;
    const failed = await guardedCall('x', { name: 'a' }, schemas, () => Promise.reject(new HoldfastError(details)));
    expect(failed).toEqual({ ok: false, error: details });
    const strange = await guardedCall('x', { name: 'a' }, schemas, () => Promise.reject(new TypeError('boom')));
    expect(strange).toMatchObject({ ok: false, error: { code: 'internal' } });
  });
});

describe('the files of our scheme', () => {
  const known = new Set(['index.html', 'assets/a b.js', 'assets/x.map']);

  it('are the built ones with strict headers', () => {
    expect(pageFileOf('app://holdfast/index.html?x#y', known)).toMatchObject({
      path: 'index.html',
      headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': contentSecurityPolicy },
    });
    expect(pageFileOf('app://holdfast/assets/a%20b.js', known)?.path).toBe('assets/a b.js');
  });

  it.each([
    'app://holdfast/',
    'app://holdfast/../package.json',
    'app://holdfast/%2e%2e/package.json',
    'app://holdfast/assets/../../main.js',
    'app://holdfast/assets%2f..%2fmain.js',
    'app://other/index.html',
    'file:///index.html',
    'app://holdfast/assets/x.map',
    'app://holdfast/%',
    'nonsense',
  ])('are nothing else: %s', (url) => {
    expect(pageFileOf(url, known)).toBeNull();
  });

  it('have a policy without inline code and without the network', () => {
    expect(contentSecurityPolicy).toMatch(/^default-src 'none'/);
    expect(contentSecurityPolicy).not.toMatch(/unsafe|http|\*|ws:/);
  });
});

describe('what may be opened in the browser', () => {
  it.each([
    ['http://127.0.0.1:8080/', true],
    ['https://localhost:8443/x', true],
    ['http://[::1]:3000', true],
    ['http://grafana.localhost:3000', true],
    ['https://example.com/', false],
    ['http://127.0.0.1.evil.com/', false],
    ['http://user@127.0.0.1/', false],
    ['file:///etc/passwd', false],
    ['javascript:alert(1)', false],
    ['smb://127.0.0.1/x', false],
    ['', false],
  ])('%s: %s', (url, allowed) => {
    expect(mayOpenOutside(url)).toBe(allowed);
  });
});
