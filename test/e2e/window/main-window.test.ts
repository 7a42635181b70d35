import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from '../../support/chromium.ts';
import { WindowPages } from '../../support/renderer/window-pages.ts';

const chromium = findChromium();

test.runIf(process.env['CI'] === 'true')('Chromium is there', () => {
  expect(chromium).not.toBeNull();
});

describe.skipIf(chromium === null)('the window in Chromium', () => {
  let pages: WindowPages;

  beforeAll(async () => {
    pages = await WindowPages.start(chromium ?? '');
  });

  afterAll(async () => {
    await pages?.dispose();
  });

  const views: readonly (readonly [name: string, address: string, ready: string])[] = [
    ['a running tunnel', '', 'role=table[name="In use by"]'],
    ['a retrying tunnel', '#/tunnels/staging-api', 'text="no answer"'],
    ['a tunnel that gave up', '#/tunnels/nas-rsync', 'text=host-key-changed'],
    ['a tunnel that needs somebody', '#/tunnels/analytics-eu', 'text=Nothing goes on here'],
    ['a stopped tunnel', '#/tunnels/socks-home', 'role=heading[name="socks-home"]'],
    ['the log', '#/tunnels/postgres-prod/log', 'text=logged in'],
    ['the settings of a tunnel', '#/tunnels/postgres-prod/settings', 'text=exponential'],
    ['the logins', '#/logins', 'text=dmitri@vps'],
    ['the activity', '#/activity', 'text=Up again >> nth=0'],
    ['no tunnels', '?tunnels=0', 'text=No tunnels yet'],
    ['the window in German', '?lang=de', 'text=3 von 4 aktiv'],
  ];

  for (const colorScheme of ['light', 'dark'] as const) {
    test.each(views)(`${colorScheme}: %s has no fault of access and breaks no rule`, async (_name, address, ready) => {
      const { page, complaints, violations } = await pages.open(address, { colorScheme });
      await page.waitForSelector(ready);
      expect(await violations()).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    test(`${colorScheme}: the warning before a stop has no fault of access`, async () => {
      const { page, violations } = await pages.open('', { colorScheme });
      await page.click('section[data-detail] button:text-is("Stop")');
      await page.waitForSelector('text=DBeaver has 2 connections open.');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Keep it up');
      expect(await violations()).toEqual([]);
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog', { state: 'detached' });
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Stop');
      await page.context().close();
    });
  }

  test('the window as a whole never scrolls', async () => {
    for (const address of ['', '#/logins', '#/settings', '#/new', '?tunnels=0']) {
      const { page } = await pages.open(address);
      await page.waitForSelector('header');
      const tooMuch = 'document.scrollingElement.scrollHeight - innerHeight';
      expect(await page.evaluate(tooMuch), address).toBe(0);
      await page.context().close();
    }
  });

  test('a narrow window shows one pane at a time and never scrolls sideways', async () => {
    const { page, violations } = await pages.open('', { viewport: { width: 720, height: 480 } });
    const detail = page.locator('section[data-detail]');
    expect(await detail.isVisible()).toBe(false);
    await page.click('[data-row="redis-prod"]');
    await detail.waitFor();
    expect(await page.locator('[data-list]').isVisible()).toBe(false);
    expect(await violations()).toEqual([]);
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await overflow()).toBe(0);
    await page.click('role=button[name="Back to the tunnels"]');
    await page.locator('[data-list]').waitFor();
    expect(await overflow()).toBe(0);
    await page.context().close();
  });

  test('at 200 % zoom everything is still reached', async () => {
    const { page } = await pages.open('', { viewport: { width: 580, height: 390 }, deviceScaleFactor: 2 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(580);
    await page.click('role=button[name="Settings"]');
    expect(new URL(page.url()).hash).toBe('#/settings');
    await page.context().close();
  });

  test('forced colours keep shapes, switches and the choice apart', async () => {
    const { page, violations } = await pages.open('', { forcedColors: 'active' });
    await page.waitForSelector('role=table[name="In use by"]');
    const outline = await page.evaluate(
      () =>
        getComputedStyle(document.querySelector('[aria-current=true]')?.parentElement ?? document.body).outlineStyle,
    );
    expect(outline).toBe('solid');
    expect(await violations()).toEqual([]);
    await page.context().close();
  });

  test('500 tunnels: only what is seen is laid out, and the last row is found by the keyboard', async () => {
    const { page, complaints } = await pages.open('?tunnels=500');
    await page.waitForSelector('[data-row="tunnel-499"]', { state: 'attached' });
    const skipped = await page.evaluate(() => {
      const rows = [...document.querySelectorAll('[data-row]')].map((row) => row.parentElement?.querySelector('svg'));
      return rows.filter((row) => row?.checkVisibility({ contentVisibilityAuto: true }) === false).length;
    });
    expect(skipped).toBeGreaterThan(400);
    await page.focus('[data-row="tunnel-000"]');
    await page.keyboard.press('End');
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-row') === 'tunnel-499');
    await page.waitForSelector('role=heading[name="tunnel-499"]');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('tunnel-123');
    await page.waitForFunction(() => document.querySelectorAll('[data-row]').length === 1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('the log follows only while one is at its end', async () => {
    const { page } = await pages.open('#/tunnels/postgres-prod/log');
    const log = page.getByRole('log');
    await page.waitForSelector('text=logged in');
    const say = (text: string, count = 1) =>
      page.evaluate(
        ([message, times]) => {
          for (let n = 0; n < times; n += 1) {
            const line = {
              atMs: Date.now(),
              level: 'info',
              tunnel: 'postgres-prod',
              message: `${message} ${n}`,
              fields: {},
            };
            (globalThis as unknown as { windowFixture: { emit(event: object): void } }).windowFixture.emit({
              kind: 'log',
              line,
            });
          }
        },
        [text, count] as const,
      );
    const fromEnd = () => log.evaluate((box) => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight));
    await say('early', 120);
    await page.waitForSelector('text=early 119');
    expect(await fromEnd()).toBeLessThan(2);
    await log.evaluate((box) => (box.scrollTop = 100));
    const follow = page.getByRole('button', { name: 'Follow the newest' });
    await follow.waitFor();
    await say('late');
    await page.waitForSelector('text=late 0', { state: 'attached' });
    expect(await log.evaluate((box) => box.scrollTop)).toBe(100);
    await follow.click();
    await follow.waitFor({ state: 'detached' });
    expect(await fromEnd()).toBeLessThan(2);
    await page.context().close();
  });

  test('a narrow window shows its counts whole, and no column too narrow to read', async () => {
    const { page } = await pages.open('#/tunnels/postgres-prod', { viewport: { width: 580, height: 390 } });
    await page.waitForSelector('role=table[name="Forwards"]');
    const counts = page.getByRole('group', { name: 'Tunnels by state' });
    expect(await counts.evaluate((group) => group.scrollWidth - group.clientWidth)).toBe(0);
    const target = page.getByRole('columnheader', { name: 'Goes to' });
    expect(await target.evaluate((cell) => cell.clientWidth)).toBeGreaterThan(100);
    await page.context().close();
  });

  test('F2 in a narrow window shows the list with the field in it', async () => {
    const { page, violations } = await pages.open('#/tunnels/grafana', { viewport: { width: 720, height: 480 } });
    await page.waitForSelector('role=heading[name="grafana"]');
    await page.keyboard.press('F2');
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'New name of grafana');
    expect(await violations()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-row') === 'grafana');
    await page.context().close();
  });

  test('a click on a row, the switch and the way back work by keyboard alone', async () => {
    const { page } = await pages.open('');
    await page.focus('[data-row="postgres-prod"]');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector('role=heading[name="redis-prod"]');
    await page.keyboard.press('l');
    await page.waitForSelector('role=log');
    await page.keyboard.press('Escape');
    await page.waitForSelector('role=table[name="Forwards"]');
    await page.keyboard.press(',');
    await page.waitForFunction(() => location.hash === '#/settings');
    await page.context().close();
  });
});
