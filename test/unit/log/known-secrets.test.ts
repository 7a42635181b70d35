import { randomBytes } from 'node:crypto';
import { Session } from 'node:inspector';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KnownSecrets } from '../../../src/main/engine/log/known-secrets.ts';
import { Redactor } from '../../../src/main/engine/log/redact.ts';
import { Secret } from '../../../src/main/engine/secrets/secret.ts';

interface RemoteValue {
  readonly type: string;
  readonly subtype?: string;
  readonly value?: unknown;
  readonly objectId?: string;
  readonly className?: string;
}

/** Every string and every run of bytes that can be reached from `root`, private fields included, as a debugger sees them. */
async function reachable(root: object): Promise<{ strings: string[]; bytes: Buffer[] }> {
  const session = new Session();
  session.connect();
  const post = <T>(method: string, params: object): Promise<T> =>
    new Promise((resolve, reject) =>
      session.post(method, params, (error, result) => (error ? reject(error) : resolve(result as T))),
    );
  const strings: string[] = [];
  const bytes: Buffer[] = [];
  const holder = globalThis as { __root?: object };
  holder.__root = root;
  try {
    const { result } = await post<{ result: RemoteValue }>('Runtime.evaluate', { expression: 'globalThis.__root' });
    const open: RemoteValue[] = [result];
    const look = (value: RemoteValue | undefined): void => {
      if (value?.type === 'string') strings.push(String(value.value));
      else if (value?.objectId !== undefined && value.type !== 'function') open.push(value);
    };
    for (let next = open.pop(); next; next = open.pop()) {
      const { objectId } = next;
      if (objectId === undefined) continue;
      // The same object has a new id each time it is met: its place in a set tells.
      const { result: known } = await post<{ result: RemoteValue }>('Runtime.callFunctionOn', {
        objectId,
        functionDeclaration:
          'function () { const s = (globalThis.__seen ??= new WeakSet()); const k = s.has(this); s.add(this); return k; }',
      });
      if (known.value === true) continue;
      if (next.subtype === 'typedarray') {
        const { result: hex } = await post<{ result: RemoteValue }>('Runtime.callFunctionOn', {
          objectId,
          functionDeclaration:
            'function () { return Buffer.from(this.buffer, this.byteOffset, this.byteLength).toString("hex"); }',
          returnByValue: true,
        });
        bytes.push(Buffer.from(String(hex.value), 'hex'));
        continue;
      }
      const {
        result: own,
        internalProperties,
        privateProperties,
      } = await post<{
        result: { name: string; value?: RemoteValue }[];
        internalProperties?: { name: string; value?: RemoteValue }[];
        privateProperties?: { name: string; value?: RemoteValue }[];
      }>('Runtime.getProperties', { objectId, ownProperties: true });
      for (const each of [...own, ...(privateProperties ?? [])]) {
        strings.push(each.name);
        look(each.value);
      }
      for (const each of internalProperties ?? []) if (each.name === '[[Entries]]') look(each.value);
    }
    return { strings, bytes };
  } finally {
    delete holder.__root;
    delete (globalThis as { __seen?: unknown }).__seen;
    session.disconnect();
  }
}

function holds(memory: { strings: string[]; bytes: Buffer[] }, secret: string): boolean {
  const forms = [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')];
  return (
    memory.strings.some((text) => forms.some((form) => text.includes(form))) ||
    memory.bytes.some((each) => each.includes(secret) || each.includes(Buffer.from(secret, 'utf16le')))
  );
}

describe('what is kept of a secret', () => {
  test('the way of looking finds a secret that is kept, in private fields, maps and bytes', async () => {
    const value = randomBytes(12).toString('hex');
    class Keeper {
      readonly #kept = new Map([['a', Secret.from(value)]]);
      get size(): number {
        return this.#kept.size;
      }
    }
    expect(holds(await reachable(new Keeper()), value)).toBe(true);
    class Texts {
      readonly #kept = [{ text: value }];
      get size(): number {
        return this.#kept.length;
      }
    }
    expect(holds(await reachable(new Texts()), value)).toBe(true);
  });

  test('nothing of it can be reached from the redactor, which still finds it', async () => {
    const redactor = new Redactor();
    const values = [randomBytes(12).toString('hex'), `pässwörd-${randomBytes(6).toString('hex')}`];
    for (const value of values) {
      const secret = Secret.from(value);
      redactor.hide(secret);
      secret.wipe();
    }
    for (const value of values) expect(redactor.text(`it was ${value}.`)).toBe('it was [secret].');
    const memory = await reachable(redactor);
    expect(memory.bytes.length).toBeGreaterThan(0);
    for (const value of values) expect(holds(memory, value)).toBe(false);
  });
});

describe('finding', () => {
  const knownOf = (...values: string[]): KnownSecrets => {
    const known = new KnownSecrets();
    for (const value of values) known.add(Secret.from(value));
    return known;
  };

  test('property: the same as looking for the text itself', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 4, maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') }), { maxLength: 4 }),
        fc.string({ maxLength: 60, unit: fc.constantFrom('a', 'b', 'c', ' ') }),
        (secrets, text) => {
          const covered = new Set<number>();
          for (const secret of secrets)
            for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1))
              for (let char = at; char < at + secret.length; char += 1) covered.add(char);
          const left = Array.from(text, (char, at) => (covered.has(at) ? '#' : char)).join('');
          const found = knownOf(...secrets).replace(text, '#', 1000);
          expect(found.replaceAll(/#+/g, '#')).toBe(left.replaceAll(/#+/g, '#'));
        },
      ),
    );
  });

  test('one that reaches beyond the bound is taken out whole', () => {
    const known = knownOf('correct horse battery');
    expect(known.replace(`${'x'.repeat(90)}correct horse battery`, '[secret]', 100)).toBe(`${'x'.repeat(90)}[secret]`);
    expect(known.replace(`${'x'.repeat(100)}correct horse battery`, '[secret]', 100)).toBe('x'.repeat(100));
  });

  test('the work for a text is bounded: secrets of ever new lengths push the oldest out', () => {
    const known = new KnownSecrets();
    for (let length = 4; length < 400; length += 1) known.add(Secret.from('s'.repeat(length)));
    expect(known.is('s'.repeat(399))).toBe(true);
    expect(known.is('s'.repeat(7))).toBe(false);
    // The longest text that is looked at, by the most lengths: a bound that only tells a hang from an answer.
    const startedAtMs = performance.now();
    for (let round = 0; round < 10; round += 1) known.replace('ab'.repeat(20_000), '#', 32_768);
    expect(performance.now() - startedAtMs).toBeLessThan(20_000);
  });

  test('a text that repeats a secret without end costs no more than its length', () => {
    const known = knownOf('aaaaaaaaaaaa');
    expect(known.replace('a'.repeat(30_000), '[secret]', 32_768)).toBe('[secret]');
  });
});
