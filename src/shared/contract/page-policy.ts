/**
 * The Content-Security-Policy of our pages, the same in the app and in the panel but for where they may connect to: their own scripts, styles, fonts and
 * pictures, nothing from elsewhere, nothing inline, no frames.
 */
export function pagePolicy(connect: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${connect.length === 0 ? "'none'" : connect.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');
}
