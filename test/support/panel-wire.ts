import { webcrypto } from 'node:crypto';
import { WebSocket } from 'ws';
import { contractVersion } from '../../src/shared/contract/calls.ts';
import { askForProof, type Exchange, FrameInbox, nextSecret, type ProofWire } from '../../src/shared/contract/proof.ts';

/** The panel's WebSocket without a browser: what came, and how it ended. */
export class PanelWire implements ProofWire {
  readonly socket: WebSocket;
  /** Every frame that came, as it came. */
  readonly got: string[] = [];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #inbox = new FrameInbox();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const text = (data as Buffer).toString();
      this.got.push(text);
      this.#inbox.push(JSON.parse(text));
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      socket.on('close', (code) => {
        this.#inbox.end(new Error(`closed with ${code}`));
        resolve(code);
      }),
    );
  }

  /** Opens the socket of the panel at `origin`; rejects with the status of a refusal as its message. */
  static open(
    origin: string,
    headers: Readonly<Record<string, string>> = { origin },
    path = '/ws',
  ): Promise<PanelWire> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${origin.replace('http:', 'ws:')}${path}`, { headers });
      const wire = new PanelWire(socket);
      socket.on('unexpected-response', (sent, answer) => {
        sent.destroy();
        reject(new Error(String(answer.statusCode)));
      });
      socket.on('open', () => resolve(wire));
      socket.on('error', reject);
    });
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  next(): Promise<unknown> {
    return this.#inbox.next();
  }

  /** Both sides prove `secret`; null if the server does not let this one in. */
  prove(secret: string, place: string): Promise<Exchange | null> {
    return askForProof(webcrypto, secret, place, this);
  }

  /** Proves `secret`, a link's or a session's. Resolves with the secret for this page's next connection, null if it is not let in. */
  async enter(secret: string, place: string): Promise<string | null> {
    const exchange = await this.prove(secret, place);
    return exchange === null ? null : nextSecret(webcrypto, secret, exchange);
  }

  /** The first word of a page that is in: what it came in with is spent by it. */
  greet(): Promise<unknown> {
    return this.call(0, 'hello', { client: 'panel', contract: contractVersion });
  }

  /** One call, and the frame that answers it. */
  call(id: number, call: string, input: object): Promise<unknown> {
    this.send({ id, call, input });
    return this.next();
  }
}

/** The secret in a link. */
export function secretIn(link: string | URL): string {
  return new URL(link).hash.slice('#link='.length);
}

/** A page's connection, and the secret for its next one. */
export interface EnteredPage {
  readonly wire: PanelWire;
  readonly session: string;
}

/** A page comes in with the secret of a link or a session, and greets; null if it is not let in, or another came in with the same one since. */
export async function enter(origin: string, secret: string): Promise<EnteredPage | null> {
  const wire = await PanelWire.open(origin);
  const session = await wire.enter(secret, origin);
  const answer = session === null ? null : await wire.greet().catch(() => null);
  if (session !== null && answer !== null) return { wire, session };
  wire.socket.terminate();
  return null;
}

/** Trades a link for a session whose page is gone again; resolves with its secret, null if the link was refused. */
export async function trade(link: string | URL): Promise<string | null> {
  const page = await enter(new URL(link).origin, secretIn(link));
  page?.wire.socket.terminate();
  return page?.session ?? null;
}
