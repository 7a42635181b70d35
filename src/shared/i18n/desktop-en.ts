import { questionsEn } from './questions-en.ts';
import { windowEn } from './window-en.ts';

/** The English texts of the desktop shell: tray, notifications, message boxes. Their type is the type of every language. */
export const desktopEn = {
  app: 'Holdfast',
  engineSays: windowEn.engineSays,
  errorText: windowEn.errorText,
  states: {
    starting: 'starting',
    interactive: 'needs you',
    degraded: 'in part',
    retrying: 'retrying',
    dead: 'gave up',
    listening: 'listening',
  },
  tray: {
    none: 'No tunnels yet',
    allOff: (total: number) => (total === 1 ? '1 tunnel, off' : `${total} tunnels, all off`),
    up: (up: number, total: number) => `${up} of ${total} up`,
    needsYou: (count: number) => (count === 1 ? '1 needs you' : `${count} need you`),
    gaveUp: (count: number) => `${count} gave up`,
    starting: 'Starting',
    noEngine: 'The engine is not running',
    tooltip: (summary: string) => `Holdfast: ${summary}`,
    enterCode: (hop: string) => `Enter code for ${hop}...`,
    enterPassword: (hop: string) => `Enter password for ${hop}...`,
    unlockKey: (hop: string) => `Unlock the key for ${hop}...`,
    reviewKey: (hop: string) => `Review host key of ${hop}...`,
    confirm: (hop: string) => `Answer for ${hop}...`,
    elsewhere: (hop: string) => `Finish the login at ${hop}...`,
    review: (name: string) => `Review ${name}...`,
    ungrouped: 'Other tunnels',
    tunnels: 'Tunnels',
    copyAddress: 'Copy address',
    openInBrowser: 'Open in browser',
    recentFailures: 'Recent failures',
    reconnectAll: 'Reconnect all',
    stopAll: 'Stop all',
    startAll: 'Start all',
    open: 'Open Holdfast',
    settings: 'Settings...',
    quit: 'Quit',
    quitAndClose: (count: number) => (count === 1 ? 'Quit and close 1 tunnel' : `Quit and close ${count} tunnels`),
  },
  notify: {
    needsYou: (hop: string) => `${hop} needs you`,
    asks: {
      'host-key': (tunnels: string) => `It shows a host key that nobody has accepted yet. Waiting: ${tunnels}`,
      password: (tunnels: string) => `It asks for a password. Waiting: ${tunnels}`,
      otp: (tunnels: string) => `It asks for a code. Waiting: ${tunnels}`,
      passphrase: (tunnels: string) => `A key is locked. Waiting: ${tunnels}`,
      confirm: (tunnels: string) => `It asks for a yes. Waiting: ${tunnels}`,
    },
    elsewhere: (tunnels: string) => `The login is finished elsewhere, in a browser or on a phone. Waiting: ${tunnels}`,
    gaveUp: (names: string) => `${names} gave up`,
    lost: (names: string) => `${names} is down`,
    lostSeveral: (host: string) => `Tunnels over ${host} are down`,
    back: (names: string) => `${names} is back`,
    backSeveral: (host: string) => `Tunnels over ${host} are back`,
    portBusy: (names: string) => `${names}: a port is taken`,
    downFor: (duration: string) => `It was down for ${duration}.`,
    seconds: (count: number) => `${count} s`,
    minutes: (count: number) => `${count} min`,
    hours: (count: number) => `${count} h`,
  },
  quit: {
    title: (count: number) =>
      count === 1 ? '1 connection goes through your tunnels' : `${count} connections go through your tunnels`,
    detail: (names: string) => `Quitting closes them: ${names}.`,
    stay: 'Keep running',
    quit: 'Quit',
  },
  /** Before production is stopped, in the words of the window. */
  stop: windowEn.stop,
  update: {
    title: (version: string) => `Holdfast ${version} is here`,
    detail: (count: number) =>
      `Installing restarts Holdfast and closes ${count === 1 ? '1 tunnel' : `${count} tunnels`} for that time.`,
    later: 'Later',
    install: 'Install and restart',
  },
  /** The system's message boxes ask in the words of the windows. */
  questions: questionsEn,
  engine: {
    title: 'Holdfast could not start its engine',
    ended: 'The engine ended by itself.',
    again: 'Start again',
    showConfig: 'Open the configuration',
    quit: 'Quit',
  },
  windowGone: {
    close: 'Close',
    title: 'The window cannot be shown',
    detail: 'Its page did not load. Tunnels keep running; the command holdfast shows and steers them.',
  },
  menu: {
    file: 'File',
    newTunnel: 'New Tunnel',
    close: 'Close Window',
    edit: 'Edit',
    view: 'View',
    window: 'Window',
    quit: 'Quit Holdfast',
  },
  loginStart: {
    switchedOff: "Switched off in the system's own settings.",
    needsApproval: "Waits for your approval in the system's own settings.",
    foreign: 'A file of another program is in the way.',
    notHere: 'This system has no start at login for programs.',
  },
};

export type DesktopTexts = typeof desktopEn;
