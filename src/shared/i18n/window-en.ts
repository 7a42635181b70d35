/**
 * The window's English texts, and with them the type of every other language: `window-de.ts` is complete or does not compile. Prompts, editor
 * and pages have catalogues of their own of the same make.
 */
const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const windowEn = {
  appName: 'Holdfast',
  copied: 'Copied.',
  notCopied: 'The clipboard is closed to this page.',
  cancel: 'Cancel',
  states: {
    stopped: 'Stopped',
    listening: 'Listening',
    starting: 'Starting',
    interactive: 'Needs you',
    running: 'Running',
    degraded: 'In part',
    retrying: 'Retrying',
    dead: 'Gave up',
  },
  bar: {
    sections: 'Sections',
    tunnels: 'Tunnels',
    logins: 'Logins',
    activity: 'Activity',
    find: 'Find, or paste an ssh command',
    findLabel: 'Find a tunnel, or paste an ssh command',
    newTunnel: 'New tunnel',
    settings: 'Settings',
    back: 'Back to the tunnels',
  },
  count: (n: number, one: string, many: string) => count(n, one, many),
};

export type WindowTexts = typeof windowEn;
