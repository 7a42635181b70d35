import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** What `npm test` says of a run: counts, how Electron ran, what is missing. */

const root = fileURLToPath(new URL('../../..', import.meta.url));
const load = (file: string): Promise<Record<string, (...args: unknown[]) => unknown>> =>
  import(new URL(`../../../scripts/${file}`, import.meta.url).href) as Promise<
    Record<string, (...args: unknown[]) => unknown>
  >;

const test = (status: string, fullName = 'x'): object => ({ status, fullName });
const report = {
  testResults: [
    { name: '/a', status: 'passed', assertionResults: [test('passed'), test('skipped', 'a full disk (as root only)')] },
    { name: '/b', status: 'failed', assertionResults: [test('failed'), test('passed'), test('skipped')] },
    { name: '/c', status: 'failed', assertionResults: [] },
  ],
};

it('counts what passed, failed and was left out, and what of it for want of root', async () => {
  const { countReport } = await load('test-report.mjs');
  expect(countReport?.(report)).toEqual({ passed: 2, failed: 2, skipped: 2, rootOnly: 1 });
});

it('says how many tests ran in an Electron with its sandbox, and how many without and why', async () => {
  const { electronLines } = await load('test-report.mjs');
  const note = (file: string, withoutSandbox: string | null): string =>
    `${JSON.stringify({ file, user: 'me', withoutSandbox })}\n`;
  // Each start of an Electron leaves a note.
  const notes = note('/a', null) + note('/a', null) + note('/b', 'not here');
  expect(electronLines?.(report, notes)).toEqual([
    "1 tests ran in a real Electron as the user me, with Chromium's sandbox on",
    "2 tests ran in a real Electron as the user me, WITHOUT Chromium's sandbox: not here",
  ]);
});

it('says what is missing, what that costs and how to get it', async () => {
  const { missingLines } = await load('test-packages.mjs');
  expect(missingLines?.([])).toEqual([]);
  expect(
    missingLines?.([
      { package: 'fish', program: 'fish' },
      { package: 'wine', program: 'wine', without: 'the suites under Wine' },
    ]),
  ).toEqual([
    'The tests need what is not installed here:',
    '  fish  (Debian package fish; without it nothing is tested)',
    '  wine  (Debian package wine; without it these are skipped: the suites under Wine)',
    'On Debian or Ubuntu: sudo apt-get install --no-install-recommends fish wine',
  ]);
});

it('finds each test that only root can run by its name: none asks for root by itself', () => {
  const files = readdirSync(`${root}/test`, { recursive: true, encoding: 'utf8' });
  const asking = files
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) =>
      /(skipIf|runIf)\([^)]*(getuid|!isRoot|\bisRoot\))/.test(readFileSync(`${root}/test/${file}`, 'utf8')),
    );
  // Its one is for those who are not root.
  expect(
    asking.filter((file) => file !== 'unit/lifecycle/atomic-file.test.ts' && !file.endsWith('test-run.test.ts')),
  ).toEqual([]);
});
