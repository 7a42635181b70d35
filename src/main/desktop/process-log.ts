import { app, ipcMain, type WebContents } from 'electron';
import type { LogMessage } from 'electron-log';
import electronLog from 'electron-log/main';
import { type Disposable, DisposableStore } from '../engine/lifecycle/disposable.ts';
import type { Clock } from '../engine/lifecycle/clock.ts';
import type { Log, LogLevel } from '../engine/log/log.ts';
import { LineBudget } from './line-budget.ts';

/** The channel that electron-log listens to as soon as it is imported, for pages that log through it. Ours never do. */
const electronLogChannel = '__ELECTRON_LOG__';
/** Of one message; a page or a library may print a document. */
const longestMessage = 4096;
/** Lines of one source within a minute; a page in a loop must not rotate everything else out of the files. */
const linesPerMinute = 60;

/** Events of Electron that are collected, by their names there, in words. */
const appEvents = {
  'certificate-error': 'A certificate was refused',
  'child-process-gone': 'A process of Electron ended',
  'render-process-gone': 'The process of a page ended',
};
const pageEvents = {
  'did-fail-load': 'A page could not be loaded',
  'preload-error': 'The bridge of a page failed',
  'plugin-crashed': 'A plug-in of a page ended',
  unresponsive: 'A page does not answer',
};
const eventWords: ReadonlyMap<unknown, string> = new Map(Object.entries({ ...appEvents, ...pageEvents }));

/** What electron-log calls its levels, in ours. */
const levels = {
  error: 'error',
  warn: 'warn',
  info: 'info',
  verbose: 'debug',
  debug: 'debug',
  silly: 'trace',
} as const satisfies Readonly<Record<LogMessage['level'], LogLevel>>;

/** What the console of a page calls them (`console-message` of WebContents). */
const consoleLevels = { error: 'error', warning: 'warn', info: 'info', debug: 'debug' } as const;

/**
 * What Electron's processes say on their own, into the app's log: the console of the main process and of every page, warnings of Node, pages that
 * hang, crash or fail to load, GPU and utility processes that end. electron-log collects it; its transports to a file, the console and other
 * processes are off, the only one is ours, so that rotation, modes and redaction of the log store hold for all of it. The channel that pages could
 * write to is closed again.
 */
export function collectProcessLogs(log: Log, clock: Clock): Disposable {
  const store = new DisposableStore();
  closeChannel();
  const budgets = new Map<string, LineBudget>();
  const budget = (source: string): LineBudget => {
    const known = budgets.get(source);
    if (known) return known;
    const fresh = new LineBudget({
      clock,
      lines: linesPerMinute,
      onLeftOut: (count) => log.warn('It said more than is kept', { source, leftOut: count }),
    });
    budgets.set(source, fresh);
    return fresh;
  };
  const write = ({ level, data, variables }: LogMessage): void => {
    const source = variables?.['processType'] ?? 'main';
    if (budget(source).take()) log[levels[level]](textOf(data), { ...fieldsOf(data), source });
  };
  const { transports } = electronLog;
  for (const transport of Object.values(transports)) if (transport) transport.level = false;
  transports['holdfast'] = Object.assign(write, { level: 'silly' as const, transforms: [] });
  store.defer(() => {
    delete transports['holdfast'];
  });

  const own = { ...console };
  Object.assign(console, electronLog.functions);
  store.defer(() => Object.assign(console, own));
  const onWarning = (warning: Error): void => electronLog.warn(warning);
  process.on('warning', onWarning);
  store.defer(() => process.off('warning', onWarning));

  electronLog.eventLogger.startLogging({
    level: 'error',
    format: '{eventName}',
    events: { app: allOf(appEvents), webContents: allOf(pageEvents) },
  });
  store.defer(() => electronLog.eventLogger.stopLogging());

  const onContents = (_event: unknown, contents: WebContents): void => {
    contents.on('console-message', ({ level, message, lineNumber, sourceId }) => {
      electronLog.processMessage({
        data: [message, { page: contents.getURL(), at: `${sourceId}:${lineNumber}` }],
        date: new Date(clock.wallNow()),
        level: consoleLevels[level],
        variables: { processType: 'page' },
      });
    });
    contents.on('responsive', () => electronLog.info('A page answers again', { page: contents.getURL() }));
  };
  app.on('web-contents-created', onContents);
  store.defer(() => app.off('web-contents-created', onContents));
  return store;
}

/** electron-log's way to name events: each with whether it is wanted. */
function allOf<Name extends string>(events: Readonly<Record<Name, string>>): Record<Name, true> {
  return Object.fromEntries(Object.keys(events).map((name) => [name, true])) as Record<Name, true>;
}

/** Importing electron-log opened it: whatever sends there would write to the log past the bridge. */
function closeChannel(): void {
  ipcMain.removeAllListeners(electronLogChannel);
  ipcMain.removeHandler(electronLogChannel);
}

/** The words of a message: its texts and errors, in one line of bounded length. */
function textOf(data: readonly unknown[]): string {
  const words = data
    .filter((part) => !isFields(part))
    .map((part) => (part instanceof Error ? part.message : (eventWords.get(part) ?? String(part))));
  const text = words.join(' ') || 'An object';
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)}… (${text.length} characters)`;
}

/** The objects of a message, and where an error comes from. */
function fieldsOf(data: readonly unknown[]): Readonly<Record<string, unknown>> {
  const error = data.find((part) => part instanceof Error);
  return {
    ...Object.assign({}, ...data.filter(isFields)),
    ...(error instanceof Error ? { stack: error.stack?.slice(0, longestMessage) ?? '' } : {}),
  };
}

function isFields(part: unknown): part is Readonly<Record<string, unknown>> {
  return typeof part === 'object' && part !== null && !Array.isArray(part) && !(part instanceof Error);
}
