import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { asShown, type BodyFormat } from '../../../../src/main/desktop/notification-body.ts';
import { NotificationPolicy, type NoticeStep } from '../../../../src/main/desktop/notification-policy.ts';
import { Notifications } from '../../../../src/main/desktop/notifications.ts';
import { desktopEn } from '../../../../src/shared/i18n/desktop-en.ts';
import { cause, forward, prompt, retrying, row, running } from './rows.ts';

/** What notifications say comes from servers, files and other programs too: it arrives as the text that it is. */

const electron = vi.hoisted(() => {
  interface Told {
    readonly title: string;
    readonly body: string;
  }
  const told: (Told & { closed: boolean })[] = [];
  return {
    told,
    Notification: class {
      static isSupported(): boolean {
        return true;
      }
      readonly #told: Told & { closed: boolean };
      constructor({ title, body }: Told) {
        this.#told = { title, body, closed: false };
      }
      on = (): void => undefined;
      show = (): void => void told.push(this.#told);
      close = (): void => {
        this.#told.closed = true;
      };
    },
  };
});
vi.mock('electron', () => ({ Notification: electron.Notification }));
afterEach(() => void electron.told.splice(0));

const hostile =
  'a <b>bold</b> & <a href="https://evil.example">here</a> <img src="file:///etc/passwd"> \u001b[1m\u202e';
const literal = String.raw`a <b>bold</b> & <a href="https://evil.example">here</a> <img src="file:///etc/passwd"> \033[1m\u{202e}`;

/** What a reader of the specification's markup shows of it: text, with the five entities of XML; anything else is markup. */
function readMarkup(body: string): string {
  if (/<|&(?!(amp|lt|gt|quot|apos);)/.test(body)) throw new Error(`markup in ${body}`);
  const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" };
  return body.replaceAll(/&\w+;/g, (entity) => entities[entity as keyof typeof entities]);
}

describe('a text as it goes out', () => {
  it('is read by a daemon with markup as it was, and by one without too', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('<', '>', '&', ';', 'a', '"', "'", '/', ' ', '\n', '\u0000') }),
    );
    fc.assert(
      fc.property(texts, (body) => {
        const plain = asShown({ title: body, body }, 'plain');
        expect(readMarkup(asShown({ title: body, body }, 'markup').body)).toBe(plain.body);
        expect(asShown({ title: '', body: plain.body }, 'plain').body).toBe(plain.body);
        const guessed = asShown({ title: body, body }, 'unknown').body;
        expect(guessed).not.toMatch(/[<>&]/);
        expect(guessed).toHaveLength(plain.body.length);
      }),
    );
  });

  it.each<[BodyFormat, string]>([
    ['plain', literal],
    ['markup', literal.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
    ['unknown', literal.replaceAll('&', '＆').replaceAll('<', '‹').replaceAll('>', '›')],
  ])('where the body is %s', (format, body) => {
    // Titles are no markup in any daemon.
    expect(asShown({ title: hostile, body: hostile }, format)).toEqual({ title: literal, body });
  });
});

describe('every notification', () => {
  it('goes out like that, whatever it tells', async () => {
    const names = ['<i>1</i>', '<i>2</i>', '<i>3</i>'];
    const policy = new NotificationPolicy(desktopEn, { minUpMs: 1, minDownMs: 1 });
    policy.begin(
      names.map((name) => row(name, running)),
      0,
    );
    const failed = { ...cause, code: 'auth-failed', message: hostile, next: hostile } as const;
    const lost = names.map((name) => row(name, retrying));
    const steps: NoticeStep[] = [
      ...policy.prompted(prompt('1', { hop: '<b>hop</b>', tunnels: names })),
      ...policy.changed(lost, 10),
      ...policy.due(1000),
      ...policy.changed([row('<i>1</i>', running)], 2000),
      ...policy.changed([row('<i>2</i>', { kind: 'dead', cause: failed })], 3000),
      ...policy.changed(
        [
          row('<i>3</i>', running, {
            forwards: [forward('local 1 -> x:1', { cause: { ...failed, code: 'port-in-use' } })],
          }),
        ],
        4000,
      ),
    ];
    const shown = steps.flatMap((step) => (step.kind === 'show' ? [step.notice] : []));
    expect(shown.length).toBeGreaterThanOrEqual(5);
    const notifications = new Notifications({
      policy,
      icon: '',
      enabled: () => true,
      watched: () => false,
      onClick: () => undefined,
      format: () => Promise.resolve('markup'),
    });
    notifications.show(steps);
    await vi.waitFor(() => expect(electron.told).toHaveLength(shown.length));
    expect(electron.told.map(({ title, body }) => [title, readMarkup(body)])).toEqual(
      shown.map((notice) => Object.values(asShown(notice, 'plain'))),
    );
    notifications.dispose();
  });

  it('is made in one place', () => {
    const root = fileURLToPath(new URL('../../../../src', import.meta.url));
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
    const using = files.filter((file) =>
      /new Notification\(|displayBalloon|notify-send/.test(readFileSync(`${root}/${file}`, 'utf8')),
    );
    expect(using).toEqual(['main/desktop/notifications.ts']);
  });
});

describe('steps', () => {
  it('keep their order while the desktop is asked how it reads them', async () => {
    const answers: ((format: BodyFormat) => void)[] = [];
    const notifications = new Notifications({
      policy: new NotificationPolicy(desktopEn),
      icon: '',
      enabled: () => true,
      watched: () => false,
      onClick: () => undefined,
      format: () => new Promise((resolve) => answers.push(resolve)),
    });
    const notice = (body: string) => ({ key: 'host:box', title: 't', body, page: '' });
    notifications.show([{ kind: 'show', notice: notice('first') }]);
    notifications.show([{ kind: 'withdraw', key: 'host:box' }]);
    notifications.show([{ kind: 'show', notice: notice('second') }]);
    for (const count of [1, 2]) {
      await vi.waitFor(() => expect(answers).toHaveLength(count));
      answers[count - 1]?.('plain');
    }
    await vi.waitFor(() => expect(electron.told).toHaveLength(2));
    expect(electron.told.map(({ body, closed }) => [body, closed])).toEqual([
      ['first', true],
      ['second', false],
    ]);
    notifications.dispose();
    expect(electron.told[1]?.closed).toBe(true);
    // After the end nothing is shown any more.
    notifications.show([{ kind: 'show', notice: notice('third') }]);
    await Promise.resolve();
    expect(answers).toHaveLength(2);
  });
});
