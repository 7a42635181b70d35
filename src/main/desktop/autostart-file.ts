/**
 * XDG autostart entries (Desktop Application Autostart Specification, Desktop Entry Specification 1.5): made, read and judged as texts.
 */

/** Marks a file as ours; a file without it is somebody else's and stays untouched. */
const ownMark = 'X-Holdfast-Autostart=true';

export interface AutostartCommand {
  /** AppImage or executable, absolute. */
  readonly program: string;
  readonly args: readonly string[];
}

/** What a file at our place says. */
export type AutostartState =
  | { readonly kind: 'absent' }
  /** Starts at login; `exec` is its command line, to see whether the program moved. */
  | { readonly kind: 'on'; readonly exec: string }
  /** A person or the desktop's settings switched it off: it stays so. */
  | { readonly kind: 'off'; readonly exec: string }
  | { readonly kind: 'foreign' };

/** The file's content. */
export function autostartEntry(command: AutostartCommand): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Holdfast',
    'Comment=Keeps SSH tunnels up',
    `Exec=${execLine(command)}`,
    'Icon=holdfast',
    'Terminal=false',
    'StartupNotify=false',
    'X-GNOME-Autostart-enabled=true',
    ownMark,
    '',
  ].join('\n');
}

/**
 * The value of `Exec`. A `%` in the program's path cannot be launched even when doubled, so env(1) goes in front, where it is an argument.
 */
export function execLine({ program, args }: AutostartCommand): string {
  const words = program.includes('%') ? ['/usr/bin/env', program, ...args] : [program, ...args];
  return escapeString(words.map(quoteArgument).join(' '));
}

/** Quoting of one argument of Exec: double quotes; inside, `"`, backtick, `$` and backslash are escaped; `%` is doubled. */
function quoteArgument(argument: string): string {
  const doubled = argument.replaceAll('%', '%%');
  if (/^[A-Za-z0-9_./=:@%+,-]+$/.test(doubled)) return doubled;
  return `"${doubled.replaceAll(/["`$\\]/g, (found) => `\\${found}`)}"`;
}

/** The general escape of values of type string comes on top: a backslash is doubled, and no line break stays. */
function escapeString(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r');
}

/** What this content means; null: there is no file. */
export function readAutostart(content: string | null): AutostartState {
  if (content === null) return { kind: 'absent' };
  if (!content.includes(ownMark)) return { kind: 'foreign' };
  const entry = desktopEntry(content);
  const exec = entry.get('Exec') ?? '';
  const hidden = isTrue(entry.get('Hidden'));
  const enabled = entry.get('X-GNOME-Autostart-enabled');
  return hidden || (enabled !== undefined && !isTrue(enabled)) ? { kind: 'off', exec } : { kind: 'on', exec };
}

function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1';
}

/** Keys of the group `[Desktop Entry]`; others do not count. */
function desktopEntry(content: string): Map<string, string> {
  const keys = new Map<string, string>();
  let inside = false;
  for (const line of content.split(/\r?\n/)) {
    if (line.startsWith('[')) inside = line.trim() === '[Desktop Entry]';
    const match = inside ? /^([A-Za-z0-9-]+)\s*=\s*(.*?)\s*$/.exec(line) : null;
    if (match?.[1] !== undefined && match[2] !== undefined) keys.set(match[1], match[2]);
  }
  return keys;
}
