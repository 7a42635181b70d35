import type { HostConfig } from '../../../shared/model/config.ts';
import type { PromptField, PromptKind } from '../../../shared/model/prompt.ts';
import type { Log } from '../log/log.ts';
import type { Secret } from '../secrets/secret.ts';
import type { UserauthWire } from './userauth-wire.ts';

/** Asks a person for secret fields. Pauses the attempt's deadlines while it waits. Rejects with code `cancelled`. */
export type AskSecrets = (question: {
  readonly kind: Exclude<PromptKind, 'host-key' | 'confirm'>;
  /** The server's text or ours, not yet cleaned: the asker cleans it. */
  readonly message: string;
  readonly fields: readonly PromptField[];
  readonly round: number;
  readonly mayRemember: boolean;
}) => Promise<{ readonly values: readonly Secret[]; readonly remember: boolean }>;

export interface AuthContext {
  /** The hop that is logged in to. */
  readonly host: HostConfig;
  readonly ask: AskSecrets;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** How a login came about. */
export interface AuthReport {
  /** Methods that counted, in order: `publickey`, `keyboard-interactive`. */
  readonly methods: readonly string[];
  /** To be run after success: saves what the person asked to remember. */
  readonly afterSuccess: () => Promise<void>;
}

/** Carries out the authentication plan of one hop. Rejects with `auth-failed`, `auth-no-method`, `cancelled`, `too-many-prompts`, … */
export interface Authenticator {
  authenticate(wire: UserauthWire, context: AuthContext): Promise<AuthReport>;
}
