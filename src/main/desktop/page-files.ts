import { posix } from 'node:path';
import { pagePolicy } from '../../shared/contract/page-policy.ts';

/** The app's own origin. Nothing else is ever loaded into a window. */
export const pageScheme = 'app';
export const pageHost = 'holdfast';
export const pageOrigin = `${pageScheme}://${pageHost}`;

/** A page of the app talks over the bridge alone. */
export const contentSecurityPolicy = pagePolicy([]);

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
};

export interface PageFile {
  /** Relative to the renderer's folder, with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The file behind a URL of our scheme; null: there is none. `known` are the built files, relative, with `/`. */
export function pageFileOf(url: string, known: ReadonlySet<string>): PageFile | null {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return null;
  }
  if (parsed.protocol !== `${pageScheme}:` || parsed.host !== pageHost) return null;
  let path: string;
  try {
    path = decodeURIComponent(parsed.pathname).replace(/^\//, '');
  } catch {
    return null;
  }
  const type = contentTypes[posix.extname(path)];
  if (type === undefined || !known.has(path)) return null;
  return { path, headers: { ...securityHeaders, 'Content-Type': type } };
}

const securityHeaders = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  // The name in a link would tell a resolver what is on the page.
  'X-DNS-Prefetch-Control': 'off',
};

/** Pages on the web that may be opened in the browser, beside what tunnels bring to this machine. */
const allowedHttps: ReadonlySet<string> = new Set([]);

/** Whether this address may be handed to the browser: `http(s)` on loopback, or one of a fixed list. */
export function mayOpenOutside(url: string): boolean {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return false;
  }
  if (parsed.username !== '' || parsed.password !== '') return false;
  if (parsed.protocol === 'https:' && allowedHttps.has(parsed.origin + parsed.pathname)) return true;
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return false;
  return ['127.0.0.1', '[::1]', 'localhost'].includes(parsed.hostname) || parsed.hostname.endsWith('.localhost');
}
