const sessions = '/org/freedesktop/login1/session/';

/**
 * Whether a line of `gdbus monitor` on logind says that the session was locked: its `Lock` signal (org.freedesktop.login1(5)), or the hint that GNOME
 * and Plasma set when they lock by themselves. `session` is its id; null: not known, then any counts.
 */
export function isLockLine(line: string, session: string | null): boolean {
  if (!line.startsWith(sessions)) return false;
  const path = line.slice(sessions.length, line.indexOf(':'));
  if (session !== null && path !== busLabel(session)) return false;
  if (line.includes('org.freedesktop.login1.Session.Lock ')) return true;
  return line.includes('org.freedesktop.DBus.Properties.PropertiesChanged ') && line.includes(`'LockedHint': <true>`);
}

/** As sd_bus_path_encode(3) writes an id into a path: what is no letter or digit, and a digit in front, as `_` and its code. */
function busLabel(id: string): string {
  return id.replaceAll(/^\d|[^A-Za-z0-9]/g, (character) => `_${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
