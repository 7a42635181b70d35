import type { Buffer } from 'node:buffer';
import type { UserCertificate } from './certificate.ts';

/** What a key file tells without its passphrase. */
export interface KeyFileInfo {
  readonly format: 'openssh' | 'pkcs1' | 'sec1' | 'pkcs8' | 'ppk2' | 'ppk3';
  readonly encrypted: boolean;
  /** The public half, where the format keeps it in clear. */
  readonly publicBlob: Buffer | null;
  /** A certificate that the file carries (PuTTY's can). */
  readonly certificate?: UserCertificate;
  readonly comment: string;
}
