// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { App } from '../../../src/renderer/app.tsx';
import { PageFrame } from '../../../src/renderer/page.tsx';
import { connectStore } from '../../../src/renderer/store/connect-store.ts';
import { createPageStore } from '../../../src/renderer/store/page-store.ts';
import { resetAnnouncements } from '../../../src/renderer/ui/live-region.tsx';
import { createFixtureBridge, type FixtureBridge, type FixtureOptions } from '../../support/renderer/fixture-bridge.ts';
import { tunnel } from '../../support/renderer/fixture-data.ts';
import { until } from '../../support/until.ts';

let bridge: FixtureBridge;
let stop: () => void;

async function open(hash = '', options: FixtureOptions = {}): Promise<void> {
  stop?.();
  cleanup();
  location.hash = hash;
  bridge = createFixtureBridge(options);
  const store = createPageStore();
  stop = connectStore(store, bridge);
  render(
    <PageFrame bridge={bridge} store={store}>
      <App />
    </PageFrame>,
  );
  await screen.findByRole('tablist', { name: /Sections|Bereiche/ });
}

const row = (name: string) => screen.getByRole('button', { name: new RegExp(`^${name}, `) });
const calls = (call: string) => bridge.asked.filter((asked) => asked.call === call).map((asked) => asked.input);

beforeEach(async () => {
  await open();
  await screen.findByRole('button', { name: 'postgres-prod, Running' });
});

afterEach(() => {
  stop();
  cleanup();
  resetAnnouncements();
});

test('rows name tunnel and state, and have a switch of what was asked for', () => {
  expect(row('nas-rsync').getAttribute('aria-label')).toBe('nas-rsync, Gave up');
  expect(screen.getByRole('switch', { name: 'Keep nas-rsync up' }).getAttribute('aria-checked')).toBe('true');
  expect(screen.getByRole('switch', { name: 'Keep socks-home up' }).getAttribute('aria-checked')).toBe('false');
});

test('a switch asks the engine and shows at once what was asked', async () => {
  fireEvent.click(screen.getByRole('switch', { name: 'Keep socks-home up' }));
  expect(screen.getByRole('switch', { name: 'Keep socks-home up' }).getAttribute('aria-checked')).toBe('true');
  expect(calls('up')).toEqual([{ names: ['socks-home'], all: false }]);
});

test('a stop under connected programs says who, and keeping is the default', async () => {
  fireEvent.click(screen.getByRole('switch', { name: 'Keep postgres-prod up' }));
  const dialog = await screen.findByRole('alertdialog');
  expect(calls('down')).toEqual([]);
  await within(dialog).findByText('DBeaver has 2 connections open.');
  expect(document.activeElement?.textContent).toBe('Keep it up');
  fireEvent.click(within(dialog).getByRole('button', { name: 'Stop postgres-prod' }));
  expect(calls('down')).toEqual([{ names: ['postgres-prod'], all: false }]);
  expect(screen.queryByRole('alertdialog')).toBeNull();
});

test('production is marked, and is stopped only after a word, also when nobody is connected', async () => {
  const redis = row('redis-prod');
  expect(document.getElementById(redis.getAttribute('aria-describedby') ?? '')?.textContent).toBe('Production');
  expect(row('grafana').getAttribute('aria-describedby')).toBeNull();
  const idle = { ...tunnel('redis-prod', { kind: 'running', sinceMs: 1, degraded: null }), production: true };
  bridge.change([{ ...idle, group: 'Production' }]);
  fireEvent.click(screen.getByRole('switch', { name: 'Keep redis-prod up' }));
  const dialog = await screen.findByRole('alertdialog', { name: 'redis-prod is production' });
  within(dialog).getByText('No program is connected to it now.');
  expect(document.activeElement?.textContent).toBe('Keep it up');
  expect(calls('down')).toEqual([]);
  fireEvent.click(within(dialog).getByRole('button', { name: 'Stop redis-prod' }));
  expect(calls('down')).toEqual([{ names: ['redis-prod'], all: false }]);
});

test('production that is down anyway is stopped without a word', async () => {
  const cause = { code: 'timeout', where: 'x', message: 'No answer.', next: '' } as const;
  const down = tunnel('redis-prod', { kind: 'retrying', cause, nextTryAtMs: Date.now() + 9000 });
  bridge.change([{ ...down, group: 'Production', production: true }]);
  fireEvent.click(screen.getByRole('switch', { name: 'Keep redis-prod up' }));
  expect(calls('down')).toEqual([{ names: ['redis-prod'], all: false }]);
});

test('stopping a group says how much of it is production', async () => {
  fireEvent.click(screen.getByRole('button', { name: 'Stop all of Production' }));
  const dialog = await screen.findByRole('alertdialog', { name: '2 of these tunnels are production' });
  expect(within(dialog).getByRole('button', { name: 'Stop 4 tunnels' })).toBeDefined();
});

test('the keyboard goes through rows, switches with Space and acts with Enter', async () => {
  const user = userEvent.setup();
  row('postgres-prod').focus();
  await user.keyboard('{ArrowDown}');
  expect(document.activeElement).toBe(row('grafana'));
  await user.keyboard(' ');
  expect(calls('down')).toEqual([{ names: ['grafana'], all: false }]);
  row('staging-api').focus();
  await user.keyboard('{Enter}');
  expect(calls('now')).toEqual([{ names: ['staging-api'], all: false }]);
});

const edited = (over: object = {}) => ({
  ok: true as const,
  output: { problems: [], warnings: [], inUse: [], saved: true, ...over },
});

test('F2 makes the name a field: Esc leaves it, Enter saves it', async () => {
  await open('', { answers: { 'config.edit': () => edited() } });
  const user = userEvent.setup();
  (await screen.findByRole('button', { name: 'grafana, Running' })).focus();
  await user.keyboard('{ArrowDown}{ArrowUp}{F2}');
  const field = await screen.findByRole('textbox', { name: 'New name of grafana' });
  expect(document.activeElement).toBe(field);
  await user.keyboard('x{Home}{ArrowUp}{Escape}');
  await until(() => document.activeElement === row('grafana'), { what: 'the row to have the focus again' });
  expect(calls('config.edit')).toEqual([]);

  await user.keyboard('{F2}metrics{Enter}');
  await until(() => calls('config.edit').length === 2, { what: 'the edit' });
  const edits = [{ op: 'rename-tunnel', name: 'grafana', to: 'metrics' }];
  expect(calls('config.edit')).toEqual([
    { edits, dryRun: true },
    { edits, dryRun: false },
  ]);
  expect(location.hash).toBe('#/tunnels/metrics');
});

test('a name that the configuration would not take is said at the field, and nothing is saved', async () => {
  const problems = [{ line: 1, key: 'tunnels', message: 'There is already a tunnel named "redis-prod".' }];
  await open('#/tunnels/grafana', { answers: { 'config.edit': () => edited({ problems, saved: false }) } });
  const user = userEvent.setup();
  await screen.findByRole('heading', { name: 'grafana' });
  await user.keyboard('{F2}');
  const field = await screen.findByRole('textbox', { name: 'New name of grafana' });
  await user.keyboard('redis-prod{Enter}');
  await screen.findByText('There is already a tunnel named "redis-prod".');
  expect(field.getAttribute('aria-invalid')).toBe('true');
  expect(calls('config.edit')).toHaveLength(1);
});

test('a new name that would cut programs off asks first', async () => {
  const inUse = [{ tunnel: 'grafana', spec: 's', programs: [], clients: 2 }];
  await open('#/tunnels/grafana', { answers: { 'config.edit': () => edited({ inUse }) } });
  const user = userEvent.setup();
  await screen.findByRole('heading', { name: 'grafana' });
  await user.keyboard('{F2}metrics{Enter}');
  const dialog = await screen.findByRole('alertdialog', { name: 'grafana is in use' });
  within(dialog).getByText('Under a new name it starts anew: 2 open connections will close.');
  expect(calls('config.edit')).toHaveLength(1);
  fireEvent.click(within(dialog).getByRole('button', { name: 'Rename and close them' }));
  expect(calls('config.edit')).toHaveLength(2);
});

test('Ctrl K goes to the find field, which narrows the list; an ssh command there becomes a new tunnel', async () => {
  const user = userEvent.setup();
  await user.keyboard('{Control>}k{/Control}');
  const field = screen.getByRole('textbox', { name: 'Find a tunnel, or paste an ssh command' });
  expect(document.activeElement).toBe(field);
  await user.type(field, 'redis');
  expect(screen.queryByRole('button', { name: /^grafana, / })).toBeNull();
  await user.clear(field);
  await user.type(field, 'ssh -L 1:a:1 host{Enter}');
  expect(location.hash).toBe('#/new?command=ssh+-L+1%3Aa%3A1+host');
});

test('letters act on the shown tunnel, but not while typing', async () => {
  const user = userEvent.setup();
  await user.keyboard('l');
  expect(location.hash).toBe('#/tunnels/postgres-prod/log');
  expect(await screen.findByRole('log')).toBeDefined();
  await user.type(await screen.findByRole('searchbox', { name: 'Find in the log' }), 'n');
  expect(location.hash).toBe('#/tunnels/postgres-prod/log');
});

test('the log shows lines as they come, filtered by level', async () => {
  await open('#/tunnels/postgres-prod/log');
  await screen.findByText(/logged in/);
  expect(screen.queryByText(/key exchange/)).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: 'Debug' }));
  expect(screen.getByText(/key exchange/)).toBeDefined();
  const line = { atMs: Date.now(), level: 'warn', tunnel: 'postgres-prod', message: 'a new line', fields: {} };
  bridge.emit({ kind: 'log', line });
  expect(await screen.findByText('a new line')).toBeDefined();
});

test('a fault stands on the path with its next step', async () => {
  await open('#/tunnels/staging-api');
  expect(await screen.findByText('no answer')).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Try now' }));
  expect(calls('now')).toEqual([{ names: ['staging-api'], all: false }]);
});

const dead = (code: 'auth-failed' | 'port-in-use' | 'no-common-algorithm', where: string, message: string, next = '') =>
  tunnel('grafana', { kind: 'dead', cause: { code, where, message, next } }, { group: 'Production' });

test('a refused key leads to the field of the keys of that host', async () => {
  const hosts = [{ name: 'bastion', values: { address: 'b' }, effective: { address: 'b' } }];
  const view = {
    file: '/c',
    readOnlyReason: null,
    problem: null,
    hosts,
    tunnels: [],
    settings: { values: {}, effective: {} },
  };
  const tunnels = [
    dead('auth-failed', 'bastion', 'bastion refused the login as dmitri: both keys offered were turned down.'),
  ];
  await open('', { tunnels, answers: { 'config.view': () => ({ ok: true, output: view }) } });
  expect(await screen.findByRole('heading', { name: 'bastion refused the login as dmitri' })).toBeDefined();
  fireEvent.click(await screen.findByRole('button', { name: 'Choose a key…' }));
  const keys = await screen.findByRole('textbox', { name: 'Key files' });
  await until(() => document.activeElement === keys, { what: 'the focus on the key files' });
});

test('a taken port is changed to the free one that the engine knows', async () => {
  const spec = 'local 5432 -> db-01:5432';
  const tunnels = [dead('port-in-use', spec, 'Port 5432 here is taken by postgres (pid 1182).')];
  await open('', { tunnels, answers: { 'config.edit': () => edited() } });
  fireEvent.click(await screen.findByRole('button', { name: 'Use 5433' }));
  const edits = [{ op: 'replace-forward', tunnel: 'grafana', spec, forward: 'local 5433 -> db-01:5432' }];
  expect(calls('config.edit')).toEqual([{ edits, dryRun: false }]);
});

test('an outdated algorithm is allowed for one host alone, after a word', async () => {
  const message = 'oldbox offers no key exchange that Holdfast uses: only kex-a, kex-b.';
  const next = 'Update the server, or allow kex-a or kex-b for oldbox alone with legacy-algorithms.';
  const tunnels = [dead('no-common-algorithm', 'oldbox', message, next)];
  await open('', { tunnels, answers: { 'config.edit': () => edited() } });
  fireEvent.click(await screen.findByRole('button', { name: 'Allow for oldbox…' }));
  const dialog = await screen.findByRole('alertdialog', { name: 'Allow an outdated algorithm for oldbox?' });
  expect(document.activeElement?.textContent).toBe('Not now');
  fireEvent.change(within(dialog).getByRole('combobox', { name: 'Algorithm' }), { target: { value: 'kex-b' } });
  fireEvent.click(within(dialog).getByRole('button', { name: 'Allow for oldbox' }));
  await until(() => calls('config.edit').length === 1, { what: 'the edit' });
  const edits = [{ op: 'set', path: ['hosts', 'oldbox', 'legacy-algorithms'], value: ['kex-b'] }];
  expect(calls('config.edit')).toEqual([{ edits, dryRun: false }]);
});

test('one forward can be switched alone', async () => {
  fireEvent.click(await screen.findByRole('switch', { name: 'Forward localhost:6432' }));
  expect(calls('forward')).toEqual([{ tunnel: 'postgres-prod', spec: 'local 6432 -> db-02:5432', enabled: false }]);
});

test('rows keep their place when states change, and screen readers hear who gave up', async () => {
  const names = () => [...document.querySelectorAll('[data-row]')].map((element) => element.getAttribute('data-row'));
  const before = names();
  const cause = { code: 'auth-failed', where: 'x', message: 'bastion refused the login.', next: '' } as const;
  bridge.change([tunnel('grafana', { kind: 'dead', cause }, { group: 'Production' })]);
  expect(await screen.findByRole('button', { name: 'grafana, Gave up' })).toBeDefined();
  expect(names()).toEqual(before);
  expect(screen.getByTestId('live').textContent).toBe('grafana gave up. bastion refused the login.');
});

test('a count in the status line selects the next tunnel of its state', () => {
  fireEvent.click(screen.getByRole('button', { name: '1 gave up' }));
  expect(location.hash).toBe('#/tunnels/nas-rsync');
});

test('a refused act is told and can be dismissed', async () => {
  const error = { code: 'config', where: 'x', message: 'The file is locked.', next: 'Close the editor.' } as const;
  await open('', { answers: { up: () => ({ ok: false, error }) } });
  fireEvent.click(await screen.findByRole('switch', { name: 'Keep socks-home up' }));
  expect(await screen.findByText('The file is locked.')).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
  expect(screen.queryByText('The file is locked.')).toBeNull();
});

test('a lost engine is told; the rows stay', async () => {
  bridge.setConnection('lost');
  expect(await screen.findByText(/What you see is how it was/)).toBeDefined();
  expect(row('grafana')).toBeDefined();
});

test('the status line says how much is in use and leads to the logins', async () => {
  fireEvent.click(await screen.findByRole('button', { name: '5 programs on 3 logins' }));
  expect(location.hash).toBe('#/logins');
  await open('', { answers: { usage: () => ({ ok: true, output: { clients: 6, programs: null, logins: 1 } }) } });
  expect(await screen.findByRole('button', { name: '6 clients on 1 login' })).toBeDefined();
});

test('a program opens to its connections with bytes and age', async () => {
  const table = await screen.findByRole('table', { name: 'In use by' });
  expect(within(table).getByText('on db-prod, 1 connection to db-prod:9187')).toBeDefined();
  expect(within(table).queryByText(/ received, /)).toBeNull();
  fireEvent.click(within(table).getByRole('button', { name: 'DBeaver', expanded: false }));
  expect(within(table).getAllByText(/ received, 1 kB sent$/)).toHaveLength(2);
  expect(within(table).getAllByText('open for 6 h')).toHaveLength(2);
  expect(within(table).getByText('127.0.0.1:51231, pid 4007')).toBeDefined();
  fireEvent.click(within(table).getByRole('button', { name: 'DBeaver', expanded: true }));
  expect(within(table).queryByText(/ received, /)).toBeNull();
});

test('a login is closed only after a word', async () => {
  await open('#/logins');
  fireEvent.click(await screen.findByRole('button', { name: 'Close dmitri@vps' }));
  expect(calls('connection.close')).toEqual([]);
  fireEvent.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: 'Close' }));
  expect(calls('connection.close')).toEqual([{ id: 'c3' }]);
});

test('the shell can ask for a page', async () => {
  bridge.navigate('tunnel/kafka-ui');
  expect(await screen.findByRole('heading', { name: 'kafka-ui' })).toBeDefined();
});

test('with no tunnels the page starts from an ssh command', async () => {
  await open('', { tunnels: [] });
  const field = await screen.findByRole('textbox', { name: 'ssh command' });
  fireEvent.change(field, { target: { value: 'ssh -D 1080 me@host' } });
  fireEvent.click(screen.getByRole('button', { name: 'Continue' }));
  expect(location.hash).toBe('#/new?command=ssh+-D+1080+me%40host');
});

test('the window speaks German', async () => {
  await open('', { language: 'de-DE' });
  expect(await screen.findByRole('switch', { name: 'postgres-prod aktiv halten' })).toBeDefined();
  expect(screen.getByText('3 von 4 aktiv')).toBeDefined();
});

test('a switch keeps what was asked until the engine says the same, and forgets it when refused', async () => {
  const keep = () => screen.getByRole('switch', { name: 'Keep socks-home up' }).getAttribute('aria-checked');
  fireEvent.click(screen.getByRole('switch', { name: 'Keep socks-home up' }));
  await screen.findByRole('button', { name: 'postgres-prod, Running' });
  expect(keep()).toBe('true');
  bridge.change([tunnel('socks-home', { kind: 'listening' }, { group: 'Home' })]);
  bridge.change([tunnel('socks-home', { kind: 'stopped' }, { group: 'Home' })]);
  expect(await screen.findByRole('button', { name: 'socks-home, Stopped' })).toBeDefined();
  expect(keep()).toBe('false');
});

test('"Enter code…" shows the question over the page', async () => {
  fireEvent.click(screen.getByRole('button', { name: 'Enter code… (analytics-eu)' }));
  expect(await screen.findByRole('dialog', { name: /bastion-eu asks for a code/ })).toBeDefined();
});
