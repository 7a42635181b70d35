import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { demoTunnel } from '../../src/main/demo/stage.ts';
import { findChromium } from '../support/chromium.ts';
import { PanelBrowser } from '../support/panel-page.ts';

const chromium = findChromium() ?? '';
const demo = fileURLToPath(new URL('../../out/demo.js', import.meta.url));

/** Runs the demo; `answer` types a line for each question that it recognises. */
function runDemo(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [demo, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** The same in a pseudo terminal (util-linux script), with a person who answers what is on the screen. */
function runDemoAsPerson(
  answers: readonly { when: RegExp; say: (screen: string) => string }[],
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', `${process.execPath} ${demo} --terminal`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    let seenTo = 0;
    let next = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const waiting = answers[next];
      if (!waiting?.when.test(output.slice(seenTo))) return;
      const line = waiting.say(output.slice(seenTo));
      seenTo = output.length;
      next += 1;
      child.stdin.write(`${line}\n`);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

const shownCode = (screen: string): string => /authenticator shows (\d{6})/.exec(screen)?.[1] ?? '';

describe('npm run demo', () => {
  it('walks through host key, code, bytes, cuts and healing by itself', async () => {
    const { code, output } = await runDemo(['--yes']);
    expect(output).toContain('STOPPED, and its port is closed.');
    expect(output.match(/Hello from behind the bastion/g)).toHaveLength(3);
    expect(code).toBe(0);
  });

  it('asks a person in the terminal', async () => {
    const trust = { when: /Trust and remember it\? \[yes\/no\]/, say: () => 'yes' };
    const signIn = { when: /authenticator shows \d{6}[^]*Verification code: /, say: shownCode };
    const { code, output } = await runDemoAsPerson([trust, signIn, trust, signIn]);
    expect(output).toContain('STOPPED, and its port is closed.');
    expect(code).toBe(0);
  });

  it('fails when the person does not trust the key', async () => {
    const { code, output } = await runDemoAsPerson([{ when: /Trust and remember it\? \[yes\/no\]/, say: () => 'no' }]);
    expect(output).toContain('The tunnel gave up');
    expect(code).toBe(1);
  });

  it('the walk without a terminal says how to go on', async () => {
    const { code, output } = await runDemo(['--terminal']);
    expect(output).toContain('--yes');
    expect(code).toBe(2);
  });

  it.skipIf(chromium === '')(
    'opens the window in a browser where there is no desktop, and shows what a newcomer needs',
    async () => {
      const child = spawn(process.execPath, [demo], {
        env: { ...process.env, HOLDFAST_ELECTRON: 'none' },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let output = '';
      await new Promise<void>((resolve) => {
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          if (/authenticator shows \d{6}/.test(output)) resolve();
        });
      });
      const url = /http:\S+/.exec(output)?.[0] ?? '';
      const browser = await PanelBrowser.start(chromium);
      try {
        const panel = await browser.open(url);
        await panel.row(demoTunnel).waitFor();
        const second = await browser.open(url);
        await second.page.getByText('This page has ended').waitFor();
      } finally {
        await browser.dispose();
      }
      expect(output.match(/SHA256:\S{43}/g)).toHaveLength(2);
      child.stdin.write('quit\n');
      expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    },
  );
});
