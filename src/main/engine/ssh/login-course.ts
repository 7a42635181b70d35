import type { HoldfastError } from '../../../shared/model/failure.ts';
import { DisposableStore } from '../lifecycle/disposable.ts';
import type { LoginInCourse, LoginProgress } from './authenticator.ts';

/**
 * One login over the connections that it takes: a server that hangs up after a few tries (sshd's MaxAuthTries) is connected to again, and the
 * login goes on with what was not tried yet. The connector makes it and disposes of it; the authenticator keeps in it what is known by then.
 */
export class LoginCourse implements LoginProgress {
  attempt: LoginInCourse | null = null;
  readonly owned = new DisposableStore();

  /** True if `failure` only ended a connection, and another one may bring the login further. */
  goesOnAfter(failure: HoldfastError): boolean {
    return this.attempt?.interruptedBy === failure;
  }

  dispose(): void {
    this.owned.dispose();
    this.attempt = null;
  }
}
