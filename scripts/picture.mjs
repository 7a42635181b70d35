// Makes assets/status.svg, the README's picture: a real `holdfast status --color` of real tunnels over a real sshd, drawn as a terminal.
// Needs sshd and ssh-keygen, the build, and the local ports named below. Run: npm run build && node scripts/picture.mjs
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { busyPort, closedPort, hostText, withScene } from './scene.mjs';

const picture = fileURLToPath(new URL('../assets/status.svg', import.meta.url));

await withScene(async (scene) => {
  const shown = await stage(scene);
  mkdirSync(fileURLToPath(new URL('../assets/', import.meta.url)), { recursive: true });
  writeFileSync(picture, drawTerminal('holdfast status', shown.trimEnd().split('\n')));
  process.stdout.write(`${shown}\nWrote ${picture}\n`);
});

/** Brings each tunnel to its state; gives what `status` prints. */
async function stage(scene) {
  const sshPort = await scene.startSshd();
  await scene.listen(busyPort);
  await scene.serve(configuration(sshPort));
  await scene.reach('db', ({ state }) => state === 'running');
  await scene.reach('web', ({ degraded }) => degraded);
  await scene.reach('proxy', ({ state }) => state === 'listening');
  await scene.reach('vault', ({ state }) => state === 'interactive');
  // Last, so that the picture of a wait does not show its end.
  await scene.reach('backup', ({ state, nextTryMs }) => state === 'retrying' && nextTryMs > 5000, [
    'restart',
    'backup',
  ]);
  return scene.holdfast('status', '--color');
}

function configuration(sshPort) {
  return `${hostText('bastion', sshPort, 'known_hosts')}${hostText('backup', closedPort, 'known_hosts')}${hostText('vault', sshPort, 'new_known_hosts')}
[tunnels.db]
host = "bastion"
group = "work"
forwards = ["local 127.0.0.1:5432 -> db.internal:5432"]

[tunnels.web]
host = "bastion"
group = "work"
forwards = ["local 127.0.0.1:8080 -> web.internal:80", "local 127.0.0.1:${busyPort} -> api.internal:3000"]

[tunnels.proxy]
host = "bastion"
group = "work"
start = "demand"
forwards = ["dynamic 127.0.0.1:1080"]

[tunnels.backup]
host = "backup"
group = "home"
backoff = { first = "30s", cap = "60s" }
forwards = ["local 127.0.0.1:8873 -> nas.internal:873"]

[tunnels.vault]
host = "vault"
group = "home"
forwards = ["local 127.0.0.1:8200 -> vault.internal:8200"]

[tunnels.photos]
host = "bastion"
group = "home"
start = "manual"
forwards = ["local 127.0.0.1:2342 -> photos.internal:2342"]
`;
}

// --- from a terminal's output to a picture ---

/** Lines with SGR colours as an SVG. Every run of text says its own width, so that columns stand whatever font is there. */
function drawTerminal(typed, output) {
  const cell = { width: 8.4, height: 20 };
  const pad = { left: 20, top: 52, bottom: 18 };
  const lines = [`\u001b[2m$\u001b[22m ${typed}`, ...output].map(runsOf);
  const columns = Math.max(...lines.map((runs) => runs.reduce((sum, run) => sum + run.text.length, 0)));
  const width = Math.ceil(columns * cell.width + 2 * pad.left);
  const height = pad.top + lines.length * cell.height + pad.bottom;
  const rows = lines.flatMap((runs, index) => {
    let column = 0;
    return runs.flatMap((run) => {
      const start = column + (run.text.length - run.text.trimStart().length);
      column += run.text.length;
      const text = run.text.trim();
      if (text === '') return [];
      const at = `x="${round(pad.left + start * cell.width)}" y="${pad.top + index * cell.height + 14}"`;
      const size = `textLength="${round(text.length * cell.width)}" lengthAdjust="spacingAndGlyphs"`;
      return `<text ${at} ${size}${run.style === '' ? '' : ` class="${run.style}"`}>${escapeXml(text)}</text>`;
    });
  });
  const plain = output.map((line) => line.replaceAll(/\u001b\[[0-9;]*m/g, '')).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeXml(typed)}</title>
<desc>${escapeXml(plain)}</desc>
<style>
text { font: 14px ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d7dce2; white-space: pre }
.good { fill: #5fd38d } .warn { fill: #f0c050 } .bad { fill: #ff7b72 } .ask { fill: #d8a1ff } .busy { fill: #6cc7e0 }
.faint { fill: #8b949e } .strong { font-weight: bold; fill: #ffffff }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10" fill="#161b22" stroke="#3d444d"/>
<circle cx="24" cy="24" r="6" fill="#ff5f57"/><circle cx="44" cy="24" r="6" fill="#febc2e"/><circle cx="64" cy="24" r="6" fill="#28c840"/>
${rows.join('\n')}
</svg>
`;
}

/** A line as runs of one style, cut where two or more blanks separate columns. */
function runsOf(line) {
  const classes = { 32: 'good', 33: 'warn', 31: 'bad', 35: 'ask', 36: 'busy', 2: 'faint', 1: 'strong' };
  const runs = [];
  let style = '';
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    const code = /^\u001b\[([0-9;]*)m$/.exec(part)?.[1];
    if (code !== undefined) style = classes[code] ?? '';
    else if (/[\u001b]/.test(part))
      throw new Error(`an escape that the picture does not know: ${JSON.stringify(part)}`);
    else for (const text of part.split(/( {2,})/)) if (text !== '') runs.push({ text, style });
  }
  return runs;
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function round(value) {
  return Math.round(value * 100) / 100;
}
