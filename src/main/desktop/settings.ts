import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../engine/lifecycle/atomic-file.ts';
import { Emitter } from '../engine/lifecycle/emitter.ts';
import { Turns } from '../engine/lifecycle/turns.ts';

/** What the desktop shell keeps for itself, in a small file of the state folder; everything about tunnels is in the configuration. */
const settingsSchema = z.object({
  notifications: z.boolean().catch(true),
  closeToTray: z.boolean().catch(true),
  lockWithScreen: z.boolean().catch(false),
  theme: z.enum(['system', 'light', 'dark']).catch('system'),
  /** Looks for newer versions, in a package that has a feed; the file alone switches it on. */
  updates: z.boolean().catch(false),
  bounds: z
    .object({ x: z.number().int(), y: z.number().int(), width: z.number().int(), height: z.number().int() })
    .nullable()
    .catch(null),
});

export type DesktopSettings = z.output<typeof settingsSchema>;

/** Reads once; keeps what is set. A broken file counts as empty: nothing in it is worth stopping for. */
export class DesktopSettingsFile {
  readonly #file: string;
  readonly #onDidChange = new Emitter<DesktopSettings>();
  readonly onDidChange = this.#onDidChange.event;
  #value: DesktopSettings;
  readonly #turns = new Turns();

  constructor(file: string) {
    this.#file = file;
    this.#value = settingsSchema.parse(readObject(file));
  }

  get value(): DesktopSettings {
    return this.#value;
  }

  /** Takes effect at once and is written behind; rejects if it could not be kept. */
  async set(change: Partial<DesktopSettings>): Promise<void> {
    this.#value = { ...this.#value, ...change };
    this.#onDidChange.fire(this.#value);
    const text = `${JSON.stringify(this.#value, null, 2)}\n`;
    await this.#turns.take(async () => {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      await writeFileAtomic(this.#file, text);
    });
  }

  /** Resolves when everything set so far is on disk. */
  flush(): Promise<void> {
    return this.#turns.done();
  }
}

function readObject(file: string): unknown {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof found === 'object' && found !== null ? found : {};
  } catch {
    return {};
  }
}
