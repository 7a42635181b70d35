/** The word by which the app's program is told to be the command; the launchers in packaging/bin give it. */
export const commandSwitch = '--command';

/**
 * The command's arguments if the app's program was started as the command (`PROGRAM --command -- ARGUMENTS`), else null. Everything behind `--` is the
 * user's: Chromium leaves it alone, and so the switch counts only before.
 */
export function commandArguments(argv: readonly string[]): readonly string[] | null {
  const end = argv.indexOf('--');
  if (end < 0 || !argv.slice(1, end).includes(commandSwitch)) return null;
  return argv.slice(end + 1);
}
