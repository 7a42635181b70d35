import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LogLine } from '../../../src/shared/contract/calls.ts';
import { logLineSchema } from '../../../src/shared/contract/calls.ts';
import { formatLine, logFileName, parseLine } from '../../../src/main/engine/log/log-record.ts';
import { createLogStore, type LogStore, type LogStoreOptions } from '../../../src/main/engine/log/log-store.ts';
import { Secret } from '../../../src/main/engine/secrets/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { tempFolder } from '../../support/temp.ts';

checkLeaks();

function open(changes: Partial<LogStoreOptions> = {}): { store: LogStore; folder: string; clock: FakeClock } {
  const folder = changes.folder ?? join(tempFolder().path, 'state', 'logs');
  const clock = new FakeClock();
  const store = createLogStore({ folder, level: 'info', maxBytes: 100_000, files: 3, clock, ...changes });
  onTestFinished(() => store.dispose());
  return { store, folder, clock };
}

const read = (folder: string, name: string): Record<string, unknown>[] =>
  readFileSync(join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('writes JSON lines, one file for the engine and one a tunnel, 0600 in 0700', async () => {
  const { store, folder } = open();
  store.root.info('started', { pid: 7 });
  store.root
    .child({ tunnel: 'db', host: 'bastion' })
    .child({ attempt: 2 })
    .warn('lost', { cause: { code: 'reset' } });
  store.root.child({ tunnel: 'web' }).debug('too fine');
  await store.flush();
  expect(read(folder, 'engine.log')).toEqual([
    { t: '2026-01-01T00:00:00.000Z', level: 'info', msg: 'started', pid: 7 },
  ]);
  expect(read(folder, 'tunnel-db.log')).toEqual([
    {
      t: '2026-01-01T00:00:00.000Z',
      level: 'warn',
      tunnel: 'db',
      msg: 'lost',
      attempt: 2,
      host: 'bastion',
      cause: { code: 'reset' },
    },
  ]);
  expect(readdirSync(folder).sort()).toEqual(['engine.log', 'tunnel-db.log']);
  if (process.platform !== 'win32') {
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'engine.log')).mode & 0o777).toBe(0o600);
  }
});

test('tightens a file and a folder that others could read', async () => {
  const folder = join(tempFolder().path, 'logs');
  mkdirSync(folder, { mode: 0o755 });
  writeFileSync(join(folder, 'engine.log'), '', { mode: 0o644 });
  const { store } = open({ folder });
  store.root.info('x');
  await store.flush();
  expect(statSync(join(folder, 'engine.log')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('fields cannot pose as the head of a line', async () => {
  const { store, folder } = open();
  store.root.info('x', { level: 'error', msg: 'y', t: 1, tunnel: 'db' });
  await store.flush();
  expect(read(folder, 'engine.log')[0]).toMatchObject({
    level: 'info',
    msg: 'x',
    level_: 'error',
    msg_: 'y',
    t_: 1,
    tunnel_: 'db',
  });
  expect((await store.tail(null, 1))[0]).toMatchObject({ level: 'info', message: 'x', tunnel: null });
});

test('a secret never reaches the file or a listener, not in an error either', async () => {
  const { store, folder } = open();
  const heard: LogLine[] = [];
  const listening = store.onDidWrite((line) => heard.push(line));
  store.hide(Secret.from('correct horse'));
  const error = new Error('PAM said: correct horse', { cause: new Error('correct horse') });
  store.root
    .child({ tunnel: 'db' })
    .error('login with correct horse', { error, nested: [{ answer: 'correct horse' }] });
  await store.flush();
  listening.dispose();
  const text = readFileSync(join(folder, 'tunnel-db.log'), 'utf8');
  expect(text).not.toContain('correct horse');
  expect(text).toContain('login with [secret]');
  expect(JSON.stringify(heard)).not.toContain('correct horse');
  expect(logLineSchema.parse(heard[0])).toEqual(heard[0]);
});

test('changed limits hold for files that are there', async () => {
  const { store, folder } = open();
  store.root.info('one');
  await store.flush();
  store.setLimits({ maxBytes: 100, files: 2 });
  for (const text of ['two', 'three', 'four']) {
    store.root.info(text.padEnd(60));
    await store.flush();
  }
  expect(readdirSync(folder).sort()).toEqual(['engine.log', 'engine.log.1']);
});

test('rotates by size and keeps the chosen number of files, no line torn or lost', async () => {
  const { store, folder } = open({ maxBytes: 2000, files: 3 });
  for (let n = 0; n < 120; n += 1) {
    store.root.info(`line ${n}`);
    if (n % 7 === 0) await store.flush();
  }
  await store.flush();
  expect(readdirSync(folder).sort()).toEqual(['engine.log', 'engine.log.1', 'engine.log.2']);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(2000);
  const numbers = (await store.tail(null, 1000)).map((line) => Number(line.message.split(' ')[1]));
  expect(numbers.at(-1)).toBe(119);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 120 - numbers.length + index));
  expect(numbers.length).toBeGreaterThan(40);
  store.root.info('x'.repeat(5000));
  store.root.info('after');
  expect((await store.tail(null, 2)).map((line) => line.message.length)).toEqual([5000, 5]);
});

test('tail gives the newest lines over old files, and skips what is no line', async () => {
  const { store, folder } = open({ maxBytes: 300 });
  for (let n = 0; n < 8; n += 1) store.root.info(`line ${n}`);
  expect((await store.tail(null, 5)).map((line) => line.message)).toEqual([
    'line 3',
    'line 4',
    'line 5',
    'line 6',
    'line 7',
  ]);
  expect(await store.tail(null, 0)).toEqual([]);
  expect(await store.tail('unknown', 5)).toEqual([]);
  writeFileSync(join(folder, 'engine.log'), '{"t":"2026-01-01T00:00:00.000Z","level":"in\nnot json\n\u0000\n', {
    flag: 'a',
  });
  expect((await store.tail(null, 1)).map((line) => line.message)).toEqual(['line 7']);
});

test('tail reads lines across the blocks it reads', async () => {
  const { store } = open({ maxBytes: 10_000_000 });
  for (let n = 0; n < 500; n += 1) store.root.info(`${n} ${'ä'.repeat(n)}`);
  const lines = await store.tail(null, 500);
  expect(lines.map((line) => line.message)).toEqual(Array.from({ length: 500 }, (_, n) => `${n} ${'ä'.repeat(n)}`));
});

test('a folder that cannot be written loses lines, counts them, and says so when it is back', async () => {
  const temp = tempFolder();
  const folder = temp.file('logs');
  // A file in the folder's place: fails for root too.
  writeFileSync(folder, 'in the way');
  const { store } = open({ folder });
  const heard: string[] = [];
  store.onDidWrite((line) => heard.push(line.message));
  store.root.info('one');
  store.root.info('two');
  await store.flush();
  expect(store.lostLines).toBe(2);
  expect(heard).toEqual(['one', 'two']);
  rmSync(folder);
  store.root.info('three');
  await store.flush();
  const lines = await store.tail(null, 10);
  expect(lines.map((line) => line.message)).toEqual([
    'Lines before this one are missing: they could not be written.',
    'three',
  ]);
  expect(lines[0]?.fields).toEqual({ lines: 2 });
  expect(store.lostLines).toBe(2);
});

test.runIf(process.platform === 'linux')('nothing is written through a link', async () => {
  const folder = join(tempFolder().path, 'logs');
  mkdirSync(folder);
  symlinkSync('/dev/full', join(folder, 'tunnel-link.log'));
  const { store } = open({ folder });
  store.root.child({ tunnel: 'link' }).info('x');
  await store.flush();
  expect(store.lostLines).toBe(1);
});

test('what waits when the log is closed is still written', () => {
  const { store, folder } = open();
  store.root.info('the last words');
  store.dispose();
  store.root.info('too late');
  expect(read(folder, 'engine.log').map((line) => line['msg'])).toEqual(['the last words']);
});

test('memory is bounded while the disk does not take lines', async () => {
  const { store } = open({ maxBytes: 10_000_000 });
  for (let n = 0; n < 3000; n += 1) store.root.info('x'.repeat(1000));
  await store.flush();
  expect(store.lostLines).toBeGreaterThan(1500);
  expect(store.lostLines).toBeLessThan(3000);
});

test('removing a tunnel removes its files alone', async () => {
  const { store, folder } = open({ maxBytes: 200 });
  for (let n = 0; n < 9; n += 1) store.root.child({ tunnel: 'db' }).info(`line ${n}`);
  store.root.child({ tunnel: 'db2' }).info('stays');
  await store.flush();
  expect(existsSync(join(folder, 'tunnel-db.log.1'))).toBe(true);
  await store.removeTunnel('db');
  expect(readdirSync(folder)).toEqual(['tunnel-db2.log']);
  store.root.child({ tunnel: 'db' }).info('new one');
  expect((await store.tail('db', 9)).map((line) => line.message)).toEqual(['new one']);
});

test('a file that was removed comes back, and the level can change', async () => {
  const { store, folder } = open();
  store.root.info('one');
  await store.flush();
  rmSync(join(folder, 'engine.log'));
  store.root.debug('fine');
  store.setLevel('debug');
  store.root.debug('two');
  await store.flush();
  expect(read(folder, 'engine.log').map((line) => line['msg'])).toEqual(['two']);
});

describe('names of files', () => {
  test('harmless for any name, and apart where names differ', () => {
    expect(logFileName(null)).toBe('engine.log');
    expect(logFileName('db')).toBe('tunnel-db.log');
    expect(logFileName('../../etc/passwd')).toMatch(/^tunnel-\.\._\.\._etc_passwd-[0-9a-f]{10}\.log$/);
    expect(logFileName('DB').toLowerCase()).not.toBe(logFileName('db'));
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.string({ unit: 'binary', maxLength: 200 }),
        (a, b) => {
          expect(logFileName(a)).toMatch(/^tunnel-[a-z0-9._-]*\.log$/);
          expect(logFileName(a).length).toBeLessThan(100);
          if (a !== b) expect(logFileName(a)).not.toBe(logFileName(b));
        },
      ),
    );
  });
});

test('property: a line that is written is read back as it was', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.option(fc.string(), { nil: null }),
      fc.dictionary(
        fc.string().filter((key) => !['t', 'level', 'tunnel', 'msg', '__proto__'].includes(key)),
        fc.jsonValue(),
      ),
      (message, tunnel, fields) => {
        const line = {
          atMs: 1_700_000_000_123,
          level: 'info',
          tunnel,
          message,
          fields: JSON.parse(JSON.stringify(fields)) as Record<string, unknown>,
        };
        expect(parseLine(formatLine(line))).toEqual(line);
      },
    ),
  );
  fc.assert(fc.property(fc.string(), (text) => void parseLine(text)));
});
