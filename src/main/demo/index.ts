import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { ControlClient } from '../engine/control/control-client.ts';
import { serve } from '../headless.ts';
import { openShell } from './shell.ts';
import { setStage, type Stage } from './stage.ts';
import { type Guide, walk } from './walk.ts';

const help = `npm run demo [-- OPTIONS]

Starts a bastion that asks for a one-time code and a target behind it, on loopback, with a profile of its own in a temporary folder, and opens
Holdfast on it: the desktop app where Electron and a display are to be had, else the window in a browser.
  --terminal  a narrated walk through the main job, in this terminal
  --yes       the same, answering by itself; exit code 0 only if every step was seen
  --panel     the window in a browser in any case
`;

/** Runs the demo; resolves with the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      yes: { type: 'boolean', short: 'y' },
      terminal: { type: 'boolean' },
      panel: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const out = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (values.help) {
    out(help);
    return 0;
  }
  const byItself = values.yes === true;
  if (values.terminal && !byItself && !process.stdin.isTTY) {
    out('The walk asks you things in the terminal. To let it answer by itself: npm run demo -- --yes');
    return 2;
  }
  const stage = await setStage();
  try {
    if (!byItself && !values.terminal) return await openShell(stage, { panel: values.panel === true, say: out });
    await perform(stage, byItself ? silentGuide(out) : terminalGuide(out));
    out('That was Holdfast. Your own servers: npx holdfast help');
    return 0;
  } catch (error) {
    out(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    stage.dispose();
    await stage.remove();
  }
}

async function perform(stage: Stage, guide: Guide): Promise<void> {
  let ready: (line: string) => void = () => {};
  const isReady = new Promise<void>((resolve) => {
    ready = () => resolve();
  });
  const served = serve({
    profile: stage.profile,
    onReady: (line) => ready(line),
    onFailed: (cause) => process.stderr.write(`${cause.message}\n`),
    logToStderr: false,
  });
  await Promise.race([
    isReady,
    served.then((code) => Promise.reject(new Error(`The engine ended early with code ${code}.`))),
  ]);
  const client = await ControlClient.connect(stage.profile, { timeoutMs: 5000 });
  try {
    await walk(stage, client, guide);
    guide.say(`   (The engine's log of all this is in ${stage.profile.logFolder}; it goes with the demo.)`);
  } finally {
    await client.call('shutdown', {}).catch(() => undefined);
    client.dispose();
    await served;
  }
}

function silentGuide(say: (line: string) => void): Guide {
  return { say, ask: () => Promise.resolve(null) };
}

function terminalGuide(say: (line: string) => void): Guide {
  return {
    say,
    async ask(question) {
      const terminal = createInterface({ input: process.stdin, output: process.stdout });
      try {
        return await terminal.question(question);
      } finally {
        terminal.close();
      }
    },
  };
}

process.exitCode = await main();
