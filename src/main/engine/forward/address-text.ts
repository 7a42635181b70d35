import { isIPv6 } from 'node:net';
import type { Endpoint } from '../../../shared/model/forward-spec.ts';

/** `127.0.0.1:5432` or `[::1]:5432`. */
export function hostPortText(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An endpoint as people read it. */
export function endpointText(endpoint: Endpoint): string {
  return endpoint.kind === 'unix' ? endpoint.path : hostPortText(endpoint.host, endpoint.port);
}
