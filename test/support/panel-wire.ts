import { webcrypto } from 'node:crypto';
import { WebSocket } from 'ws';
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

/** Trades a link for a session; resolves with its secret, null if the link was refused. */
export async function trade(link: string | URL): Promise<string | null> {
  const { origin } = new URL(link);
  const wire = await PanelWire.open(origin);
  try {
    const exchange = await wire.prove(secretIn(link), origin);
    return exchange === null ? null : await nextSecret(webcrypto, secretIn(link), exchange);
  } finally {
    wire.socket.terminate();
  }
}

/** A page's connection in a session; null if the session is none any more. */
export async function enter(origin: string, session: string): Promise<PanelWire | null> {
  const wire = await PanelWire.open(origin);
  if ((await wire.prove(session, origin)) !== null) return wire;
  wire.socket.terminate();
  return null;
}
