import { createInterface } from 'node:readline';
import { ControlClient } from '../engine/control/control-client.ts';
import { DisposableStore } from '../engine/lifecycle/disposable.ts';
import { type DesktopProgram, findDesktop, launchDesktop, sandboxNote } from '../desktop-launch.ts';
import { serve } from '../headless.ts';
import { demoTunnel, type Stage } from './stage.ts';

/** How often the shown code is compared with the one that counts. */
const lookMs = 300;

const instructions = `
The tunnel "${demoTunnel}" goes: this computer → bastion → target → a website that only the target can reach.
Switch it on. Holdfast meets both servers for the first time: compare the fingerprints with these, as their owner would tell you.`;

const commands = `Here you can type:  cut  (the wire to the bastion breaks)   mend   quit`;

/** Opens the app, or the window in a browser, on the demo's profile; this terminal plays the owner, the authenticator and the wire. */
export async function openShell(
  stage: Stage,
  options: { panel: boolean; say: (line: string) => void },
): Promise<number> {
  const { say } = options;
  const store = new DisposableStore();
  const found = options.panel ? ({ kind: 'none', why: 'the panel was asked for' } as const) : findDesktop();
  const note = found.kind === 'found' ? sandboxNote() : null;
  if (note !== null) say(note);
  const { ended } = found.kind === 'found' ? runApp(found, stage, store) : await runPanel(found.why, stage, store, say);
  try {
    say(instructions);
    for (const [host, fingerprint] of Object.entries(stage.fingerprints)) say(`  ${host.padEnd(8)} ${fingerprint}`);
    say(commands);
    showCodes(stage, store, say);
    const quit = takeCommands(stage, store, say);
    return await Promise.race([ended, quit]);
  } finally {
    store.dispose();
    await ended.catch(() => 0);
  }
}

/** A shell that runs; `ended` resolves with its exit code. */
interface Running {
  readonly ended: Promise<number>;
}

function runApp(found: Extract<DesktopProgram, { kind: 'found' }>, stage: Stage, store: DisposableStore): Running {
  const child = launchDesktop(found, stage.profile.configFile, { ...process.env, ...stage.env });
  store.defer(() => child.kill('SIGTERM'));
  return {
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 0));
    }),
  };
}

async function runPanel(
  why: string,
  stage: Stage,
  store: DisposableStore,
  say: (line: string) => void,
): Promise<Running> {
  say(`No desktop app: ${why}. The window opens in a browser instead.`);
  let ready: () => void = () => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const served = serve({
    profile: stage.profile,
    onReady: () => ready(),
    onFailed: (cause) => say(cause.message),
    logToStderr: false,
  });
  await Promise.race([
    isReady,
    served.then((code) => Promise.reject(new Error(`The engine ended early with code ${code}.`))),
  ]);
  const client = await ControlClient.connect(stage.profile);
  store.defer(() => {
    void client
      .call('shutdown', {})
      .catch(() => undefined)
      .finally(() => client.dispose());
  });
  const { url } = await client.call('panel.link', { port: null });
  say(`Open this link (it works once):\n  ${url}`);
  return { ended: served };
}

/** Shows each one-time code as it becomes the one that counts. */
function showCodes(stage: Stage, store: DisposableStore, say: (line: string) => void): void {
  let shown = '';
  const look = (): void => {
    if (stage.otp.current === shown) return;
    shown = stage.otp.current;
    say(`Your authenticator shows ${shown}`);
  };
  look();
  const timer = setInterval(look, lookMs);
  store.defer(() => clearInterval(timer));
}

/** Resolves when the person types quit, or ends the process. */
function takeCommands(stage: Stage, store: DisposableStore, say: (line: string) => void): Promise<number> {
  return new Promise((resolve) => {
    const stop = (): void => resolve(0);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, stop);
      store.defer(() => process.removeListener(signal, stop));
    }
    const lines = createInterface({ input: process.stdin });
    store.defer(() => lines.close());
    lines.on('line', (line) => {
      const word = line.trim();
      if (word === 'cut') stage.outerWire.cut();
      else if (word === 'mend') stage.outerWire.mend();
      else if (word === 'quit') return resolve(0);
      else return say(commands);
      say(
        word === 'cut'
          ? 'Cut. The local port stays open.'
          : 'Mended. Holdfast connects by itself and asks for a new code.',
      );
    });
  });
}
