import type { ForwardStatus } from '../shared/model/tunnel.ts';
import type { WindowTexts } from '../shared/i18n/window-en.ts';

/** A forward as a row shows it. */
export interface ForwardText {
  readonly kind: 'local' | 'remote' | 'dynamic' | 'remote-dynamic';
  /** Where programs connect: `localhost:5432`, `db-prod:9187`, a path. */
  readonly listen: string;
  /** Where it leads: `db-01:5432`, or a sentence for the dynamic kinds. */
  readonly target: string;
  /** Programs here may connect to it (copy address has a meaning). */
  readonly here: boolean;
  readonly port: number | null;
}

/** Reads the short form `KIND LISTEN -> TARGET` for showing; `host` is where the tunnel ends. */
export function forwardText(
  forward: Pick<ForwardStatus, 'spec' | 'listen'>,
  host: string,
  texts: WindowTexts,
): ForwardText {
  const [, kindText = 'local', listenText = '', targetText = ''] =
    /^(\S+)\s+(.*?)(?:\s+->\s+(.*))?$/.exec(forward.spec) ?? [];
  const kind = kindText === 'remote' || kindText === 'dynamic' || kindText === 'remote-dynamic' ? kindText : 'local';
  const isOurs = kind === 'local' || kind === 'dynamic';
  const bound = forward.listen ?? listenText;
  const port = portOf(bound);
  return {
    kind,
    listen: shownPort(isOurs ? hereText(bound) : thereText(bound, host)),
    target: targetText || (isOurs ? texts.rows.anywhere(host) : texts.rows.anywhereHere),
    here: isOurs && port !== 0,
    port: port === 0 ? null : port,
  };
}

/** Port 0 is one that the system will choose: `localhost:…` until it has. */
export function shownPort(address: string): string {
  return address.replace(/:0$/, ':…');
}

function portOf(listen: string): number | null {
  const port = /(?:^|:)(\d+)$/.exec(listen)?.[1];
  return port === undefined ? null : Number(port);
}

function hereText(listen: string): string {
  if (/^\d+(-\d+)?$/.test(listen)) return `localhost:${listen}`;
  return listen.replace(/^(127\.0\.0\.1|\[::1\])(?=:)/, 'localhost');
}

function thereText(listen: string, host: string): string {
  if (/^\d+(-\d+)?$/.test(listen)) return `${host}:${listen}`;
  return listen.replace(/^(127\.0\.0\.1|\[::1\]|localhost|\*|0\.0\.0\.0|\[::\])(?=:)/, host);
}

/** Ports and target ports where a browser is likely to find something. */
const webPorts = new Set([
  80, 443, 3000, 3001, 4000, 4200, 5000, 5173, 5601, 8000, 8080, 8081, 8088, 8443, 8888, 9000, 9090, 15672,
]);

/** The address to open in a browser, for forwards that look like HTTP; null for others. */
export function browserAddress(forward: ForwardText): string | null {
  if (!forward.here || forward.kind !== 'local' || forward.port === null) return null;
  const target = portOf(forward.target);
  const tls = target === 443 || target === 8443;
  if (!webPorts.has(forward.port) && (target === null || !webPorts.has(target))) return null;
  return `${tls ? 'https' : 'http'}://${forward.listen.replace(/^\*/, 'localhost')}/`;
}
