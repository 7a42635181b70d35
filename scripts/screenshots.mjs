// Makes assets/screenshots/*.png: the built pages over the panel in Chromium, on a real engine with tunnels over a real sshd; the server that asks for a
// code is ssh2's. Needs sshd, ssh-keygen, the build, Chromium (CHROMIUM names one) and the local ports named below.
// Run: npm run build && node scripts/screenshots.mjs
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import ssh2 from 'ssh2';
import { busyPort, closedPort, hostText, pause, withScene } from './scene.mjs';

const pictures = fileURLToPath(new URL('../assets/screenshots/', import.meta.url));
/** A database listens here for the running tunnel. */
const databasePort = 6432;
/** So long bytes flow before the pictures, for a history to show. */
const trafficMs = 25_000;
const size = { width: 1160, height: 780 };

await withScene(async (scene) => {
  mkdirSync(pictures, { recursive: true });
  await setScene(scene);
  await takePictures(scene);
});

/** Servers, profile, engine, traffic. */
async function setScene(scene) {
  const sshPort = await scene.startSshd();
  const codePort = await startCodeServer(scene);
  await scene.listen(busyPort);
  await scene.listen(databasePort, answerQueries);
  await scene.serve(configuration(sshPort, codePort));
  await scene.reach('postgres-prod', ({ state }) => state === 'running');
  for (let index = 0; index < 2; index += 1) keepAsking(scene);
  await pause(trafficMs);
  await scene.reach('grafana', ({ degraded }) => degraded);
  await scene.reach('vault', ({ state }) => state === 'interactive');
}

/** Each request brings an answer of a length that rises and falls. */
function answerQueries(socket) {
  socket.on('data', () => {
    const wave = 1 + Math.sin(Date.now() / 3100) + Math.sin(Date.now() / 1300);
    socket.write(Buffer.alloc(Math.max(500, Math.round(9000 * wave)), 120));
  });
}

/** A client of the running tunnel. */
function keepAsking(scene) {
  const socket = connect(5432, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  socket.resume();
  const timer = setInterval(() => socket.write('select 1;'.repeat(20)), 90);
  scene.onEnd(() => {
    clearInterval(timer);
    socket.destroy();
  });
}

/** A server that asks for a one-time code and lets nobody in. */
async function startCodeServer(scene) {
  let hostKey;
  // One in 300 of these cannot be read by ssh2 itself.
  do hostKey = ssh2.utils.generateKeyPairSync('ed25519');
  while (ssh2.utils.parseKey(hostKey.private) instanceof Error);
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) => {
    client.on('error', () => client.end());
    client.on('authentication', (context) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
      context.prompt(
        [{ prompt: 'Verification code: ', echo: false }],
        'Two-step login',
        'Enter the code from your authenticator.',
        () => context.reject(),
      );
    });
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  scene.onEnd(() => server.close());
  const { port } = server.address();
  const [type, blob] = hostKey.public.split(' ');
  writeFileSync(join(scene.folder, 'code_known_hosts'), `[127.0.0.1]:${port} ${type} ${blob}\n`, { mode: 0o600 });
  return port;
}

function configuration(sshPort, codePort) {
  return `[settings]
secret-store = "memory"
${hostText('bastion', sshPort, 'known_hosts')}${hostText('nas', closedPort, 'known_hosts')}${hostText('gate', codePort, 'code_known_hosts')}${hostText('staging', sshPort, 'new_known_hosts')}
[tunnels.postgres-prod]
host = "bastion"
group = "work"
production = true
forwards = ["local 127.0.0.1:5432 -> localhost:${databasePort}"]

[tunnels.grafana]
host = "bastion"
group = "work"
forwards = ["local 127.0.0.1:8080 -> grafana.internal:80", "local 127.0.0.1:${busyPort} -> api.internal:3000"]

[tunnels.vault]
host = "gate"
group = "work"
forwards = ["local 127.0.0.1:8200 -> vault.internal:8200"]

[tunnels.staging-api]
host = "staging"
group = "work"
start = "manual"
forwards = ["local 127.0.0.1:8081 -> api.internal:8081"]

[tunnels.browse-work]
host = "bastion"
group = "work"
start = "demand"
forwards = ["dynamic 127.0.0.1:1080"]

[tunnels.backup]
host = "nas"
group = "home"
backoff = { first = "30s", cap = "60s" }
forwards = ["local 127.0.0.1:8873 -> localhost:873"]

[tunnels.photos]
host = "bastion"
group = "home"
start = "manual"
forwards = ["local 127.0.0.1:2342 -> photos.internal:2342"]
`;
}

async function takePictures(scene) {
  const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
    (path) => path && existsSync(path),
  );
  if (executablePath === undefined) throw new Error('Chromium is needed: install it, or name one in CHROMIUM');
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  });
  scene.onEnd(() => browser.close());

  // So that the picture of a wait does not show its end.
  const settleBackup = () =>
    scene.reach('backup', ({ state, nextTryMs }) => state === 'retrying' && nextTryMs > 10_000, ['restart', 'backup']);
  const open = async (colorScheme) => {
    const context = await browser.newContext({ viewport: size, colorScheme, locale: 'en-GB', reducedMotion: 'reduce' });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    page.on('pageerror', (error) => process.stderr.write(`page: ${error.message}\n`));
    await page.goto(scene.holdfast('panel').trim());
    await page.getByRole('contentinfo').waitFor();
    return page;
  };
  const take = async (page, name) => {
    await pause(800);
    const path = join(pictures, `${name}.png`);
    await page.screenshot({ path });
    process.stdout.write(`${path}: ${Math.round(statSync(path).size / 1024)} kB\n`);
  };
  const go = (page, hash) =>
    page.evaluate((to) => {
      location.hash = to;
    }, hash);
  const row = (page, name) => page.getByRole('button', { name: new RegExp(`^${name}, `) });

  // The pages that nothing lies over; a while is let pass, so that the lines of traffic have something to show.
  for (const theme of ['light', 'dark']) {
    const page = await open(theme);
    await row(page, 'postgres-prod').click();
    await pause(12_000);
    await settleBackup();
    await take(page, `main-${theme}`);
    if (theme === 'light') {
      await row(page, 'backup').click();
      await settleBackup();
      await take(page, 'retrying');
      await go(page, '#/edit/postgres-prod');
      await take(page, 'editor');
    }
    await page.context().close();
  }
  const page = await open('light');
  await row(page, 'staging-api').click();
  await page.getByRole('switch', { name: 'Keep staging-api up' }).click();
  await page.getByRole('dialog', { name: 'Is this really staging?' }).waitFor();
  await take(page, 'host-key');
  await page.context().close();
  scene.holdfast('down', 'staging-api');

  const later = await open('dark');
  await row(later, 'vault').click();
  await later.getByRole('button', { name: 'Enter code…' }).first().click();
  await later.getByRole('dialog').waitFor();
  await take(later, 'code');
}
