import { execFile } from 'node:child_process';
import { cleanLine, cleanText } from '../../shared/model/clean-text.ts';

/**
 * How the body of a notification is read where it is shown. `markup`: as XML with a few tags, pictures and links among them. `unknown`: nobody told.
 * Titles are plain text everywhere.
 */
export type BodyFormat = 'plain' | 'markup' | 'unknown';

const server = 'org.freedesktop.Notifications';
const askTimeoutMs = 3000;

/**
 * Which one it is for this desktop. On Linux the daemon says by `body-markup` among its capabilities (Desktop Notifications Specification, "Markup");
 * libnotify and Electron pass the body on as it is. Asked through gdbus(1), each time: daemons come and go.
 */
export function bodyFormat(platform: NodeJS.Platform = process.platform): Promise<BodyFormat> {
  if (platform === 'win32' || platform === 'darwin') return Promise.resolve('plain');
  const args = [
    ...['call', '--session', '--timeout', '2', '--dest', server, '--object-path', '/org/freedesktop/Notifications'],
    ...['--method', `${server}.GetCapabilities`],
  ];
  return new Promise((resolve) => {
    execFile('gdbus', args, { timeout: askTimeoutMs, killSignal: 'SIGKILL' }, (error, stdout) => {
      if (error) resolve('unknown');
      else resolve(/'body-markup'/.test(stdout) ? 'markup' : 'plain');
    });
  });
}

/** Title and body as they go out, so that every character of them is shown as itself. */
export function asShown(
  { title, body }: { readonly title: string; readonly body: string },
  format: BodyFormat,
): { readonly title: string; readonly body: string } {
  // Controls are not allowed in XML at all: a daemon that finds one shows the text with its entities.
  const clean = cleanText(body);
  return { title: cleanLine(title), body: clean.replaceAll(/[&<>]/g, (char) => spellings[format][char] ?? char) };
}

/** `unknown`: like it, and no markup in either reading. */
const spellings: Readonly<Record<BodyFormat, Readonly<Record<string, string>>>> = {
  plain: {},
  markup: { '&': '&amp;', '<': '&lt;', '>': '&gt;' },
  unknown: { '&': '＆', '<': '‹', '>': '›' },
};
