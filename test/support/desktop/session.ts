import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../../../src/main/engine/lifecycle/disposable.ts';
import { descendantsOf, endServer, needProgram, type ServerProcess, startServer } from '../processes.ts';
import { makeTempFolder, type TempFolder } from '../temp.ts';
import { until } from '../until.ts';

export interface SessionOptions {
  /** False: no panel, and with it no tray; `startPanel` brings it later. */
  readonly panel?: boolean;
  /** True: a stand-in for a notification daemon that takes no markup. */
  readonly plainNotifications?: boolean;
}

/**
 * A desktop session without a screen: X server, session bus, system bus with a stand-in logind, window manager, notification daemon, an unlocked
 * keyring, and a panel with a tray. Everything ends with `stop`, and with the test process at the latest.
 */
export class DesktopSession implements Disposable {
  readonly folder: TempFolder;
  readonly env: NodeJS.ProcessEnv;
  readonly #servers: ServerProcess[] = [];
  #keyring: ServerProcess | null = null;
  #panel: ServerProcess | null = null;
  readonly #sessionId = 'c1';
  #hasSession = false;

  private constructor(folder: TempFolder) {
    this.folder = folder;
    const runtime = folder.file('run');
    mkdirSync(runtime, { mode: 0o700 });
    this.env = {
      PATH: process.env['PATH'],
      HOME: folder.path,
      XDG_RUNTIME_DIR: runtime,
      XDG_CONFIG_HOME: folder.file('config'),
      XDG_DATA_HOME: folder.file('data'),
      XDG_STATE_HOME: folder.file('state'),
      XDG_CACHE_HOME: folder.file('cache'),
      // Makes Electron 9 register a StatusNotifierItem.
      XDG_CURRENT_DESKTOP: 'ubuntu:GNOME',
      XDG_SESSION_ID: this.#sessionId,
      LANG: 'C.UTF-8',
      GTK_USE_PORTAL: '0',
      NO_AT_BRIDGE: '1',
    };
  }

  static async start(options: SessionOptions = {}): Promise<DesktopSession> {
    const session = new DesktopSession(makeTempFolder('holdfast-desktop-'));
    try {
      await session.#startX();
      session.env['DBUS_SYSTEM_BUS_ADDRESS'] = await session.#startBus();
      session.env['DBUS_SESSION_BUS_ADDRESS'] = await session.#startBus();
      session.#run('/usr/bin/python3', ['-m', 'dbusmock', '--system', '--template', 'logind']);
      session.#startKeyring();
      session.#run(needProgram('xfwm4', 'xfwm4'), ['--compositor=off']);
      if (options.plainNotifications === true) session.#startPlainNotifications();
      else session.#run(notifyDaemon(), []);
      await session.#owned(['--system'], 'org.freedesktop.login1');
      await session.#owned(['--session'], 'org.freedesktop.Notifications');
      await session.#owned(['--session'], 'org.freedesktop.secrets');
      if (options.panel !== false) await session.startPanel();
      return session;
    } catch (error) {
      await session.stop();
      throw error;
    }
  }

  /** The panel; resolves when its tray takes icons. */
  async startPanel(): Promise<void> {
    this.#panel = this.#run(needProgram('xfce4-panel', 'xfce4-panel'), ['--disable-wm-check']);
    await this.#owned(['--session'], 'org.kde.StatusNotifierWatcher');
    await until(() => this.gdbus(watcherProperty('IsStatusNotifierHostRegistered')).includes('<true>'), {
      what: 'the panel to show tray icons',
    });
  }

  /** The panel and its tray stop answering, or go on. */
  freezePanel(frozen: boolean): void {
    if (this.#panel === null) throw new Error('there is no panel');
    for (const pid of [this.#panel.pid, ...descendantsOf(this.#panel.pid)])
      process.kill(pid, frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Whether the panel runs, and what it said: for people who look into a failure. */
  panelState(): string {
    const panel = this.#panel;
    return panel === null ? 'no panel' : `the panel ${panel.hasExited() ? 'ended' : 'runs'}: ${panel.log()}`;
  }

  /** Runs gdbus(1) in the session and gives what it says. */
  gdbus(args: readonly string[]): string {
    const done = spawnSync('gdbus', args, { env: this.env, encoding: 'utf8', timeout: 10_000 });
    if (done.status !== 0) throw new Error(`gdbus ${args.join(' ')}: ${done.stderr}`);
    return done.stdout;
  }

  /** The keyring's daemon stops answering, or goes on. */
  freezeKeyring(frozen: boolean): void {
    this.#keyring?.child.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** The machine goes to sleep or wakes up, as logind tells it. */
  prepareForSleep(asleep: boolean): void {
    this.gdbus([
      ...['call', '--address', this.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? '', '--dest', 'org.freedesktop.login1'],
      ...['--object-path', '/org/freedesktop/login1', '--method', 'org.freedesktop.DBus.Mock.EmitSignal'],
      ...['org.freedesktop.login1.Manager', 'PrepareForSleep', 'b', `[<${asleep}>]`],
    ]);
  }

  /** The screen of this session is locked or unlocked, as a desktop tells logind. */
  lockScreen(locked: boolean): void {
    const path = `/org/freedesktop/login1/session/${this.#sessionId}`;
    const mock = (object: string, method: string, ...args: string[]): string =>
      this.gdbus([
        ...['call', '--address', this.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? '', '--dest', 'org.freedesktop.login1'],
        ...['--object-path', object, '--method', `org.freedesktop.DBus.Mock.${method}`, ...args],
      ]);
    if (!this.#hasSession)
      mock('/org/freedesktop/login1', 'AddSession', this.#sessionId, 'seat0', '0', 'tester', 'true');
    this.#hasSession = true;
    mock(path, 'UpdateProperties', 'org.freedesktop.login1.Session', `{'LockedHint': <${locked}>}`);
  }

  /** Everything that was said to the notification daemon from now on: one line a message. */
  watchNotifications(): { readonly text: () => string } {
    const server = this.#run('dbus-monitor', ['--session', "interface='org.freedesktop.Notifications'"]);
    return { text: server.log };
  }

  /** A notification is on the screen. */
  showsNotification(): boolean {
    return spawnSync('xdotool', ['search', '--onlyvisible', '--class', 'notifyd'], { env: this.env }).status === 0;
  }

  /** Clicks the button of the notification on the screen, at its lower right; false: there is none. */
  clickNotification(): boolean {
    const search = ['search', '--onlyvisible', '--class', 'notifyd'];
    const found = spawnSync('xdotool', search, { env: this.env, encoding: 'utf8' }).stdout.trim().split('\n').at(-1);
    if (!found) return false;
    const place = spawnSync('xdotool', ['getwindowgeometry', '--shell', found], { env: this.env, encoding: 'utf8' });
    const number = (name: string): number => Number(new RegExp(`^${name}=(\\d+)$`, 'm').exec(place.stdout)?.[1]);
    const [x, y] = [number('X') + number('WIDTH') - 57, number('Y') + number('HEIGHT') - 31];
    const click = ['mousemove', String(x), String(y), 'click', '1'];
    return spawnSync('xdotool', click, { env: this.env }).status === 0;
  }

  /** Titles of the windows that are visible now. */
  visibleWindows(): string[] {
    const found = spawnSync('xdotool', ['search', '--onlyvisible', '--name', '.'], { env: this.env, encoding: 'utf8' });
    return found.stdout
      .split('\n')
      .filter(Boolean)
      .map((id) => spawnSync('xdotool', ['getwindowname', id], { env: this.env, encoding: 'utf8' }).stdout.trim());
  }

  /**
   * Title of the window that has the keyboard; empty: none has. A window that was just shown is taken into its frame first, and hidden for a moment
   * on the way: only with the keyboard it is really there.
   */
  activeWindow(): string {
    const found = spawnSync('xdotool', ['getactivewindow', 'getwindowname'], { env: this.env, encoding: 'utf8' });
    return found.status === 0 ? found.stdout.trim() : '';
  }

  /** Presses keys in the window that has the focus. */
  press(...keys: string[]): void {
    spawnSync('xdotool', ['key', ...keys], { env: this.env });
  }

  /** A picture of the whole screen, for people who look into a failure. */
  picture(file: string): void {
    spawnSync('import', ['-window', 'root', file], { env: this.env });
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.toReversed()) await endServer(server, 'SIGKILL');
    this.folder.dispose();
  }

  dispose(): void {
    void this.stop();
  }

  #run(program: string, args: readonly string[]): ServerProcess {
    const server = startServer(program, args, this.env);
    this.#servers.push(server);
    return server;
  }

  async #startX(): Promise<void> {
    const server = this.#run(needProgram('Xvfb', 'xvfb'), [
      ...['-displayfd', '1', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'],
    ]);
    const display = await until(() => /^(\d+)$/m.exec(server.log())?.[1], { what: 'the X server', seen: server.log });
    this.env['DISPLAY'] = `:${display}`;
  }

  async #startBus(): Promise<string> {
    const server = this.#run(needProgram('dbus-daemon', 'dbus'), ['--session', '--nofork', '--print-address=1']);
    return until(() => /^(unix:\S+)$/m.exec(server.log())?.[1], { what: 'a message bus', seen: server.log });
  }

  #startPlainNotifications(): void {
    const capabilities = JSON.stringify({ capabilities: 'body actions' });
    this.#run('/usr/bin/python3', ['-m', 'dbusmock', '--template', 'notification_daemon', '-p', capabilities]);
  }

  #startKeyring(): void {
    const data = join(this.folder.path, 'data');
    mkdirSync(data, { recursive: true });
    chmodSync(data, 0o700);
    this.#keyring = this.#run('/bin/sh', [
      '-c',
      'printf test | exec gnome-keyring-daemon --foreground --unlock --components=secrets',
    ]);
  }

  async #owned(bus: readonly string[], name: string): Promise<void> {
    const address = bus[0] === '--system' ? this.env['DBUS_SYSTEM_BUS_ADDRESS'] : this.env['DBUS_SESSION_BUS_ADDRESS'];
    await until(
      () =>
        this.gdbus([
          ...['call', '--address', address ?? '', '--dest', 'org.freedesktop.DBus', '--object-path', '/'],
          ...['--method', 'org.freedesktop.DBus.NameHasOwner', name],
        ]).includes('true'),
      { what: `${name} on its bus`, timeoutMs: 20_000 },
    );
  }
}

export function watcherProperty(name: string): string[] {
  const watcher = 'org.kde.StatusNotifierWatcher';
  return [
    ...['call', '--session', '--dest', watcher, '--object-path', '/StatusNotifierWatcher'],
    ...['--method', 'org.freedesktop.DBus.Properties.Get', watcher, name],
  ];
}

function notifyDaemon(): string {
  const places = ['/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd', '/usr/lib/xfce4/notifyd/xfce4-notifyd'];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error('xfce4-notifyd is not installed; on Debian: apt-get install xfce4-notifyd');
  return found;
}
