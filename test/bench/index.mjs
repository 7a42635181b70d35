// npm run bench: Holdfast against `ssh -L` and autossh, in one paired run.
// Options: --quick (small sizes, to see that it works), --rounds N, --mib N, --idle N, --idle-seconds N, --json.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { cpuSeconds, median, opens, percentile, pssMib, transfer, treeOf } from './measure.mjs';
import { cipher, Scene, sleep, whatIsMissing } from './scene.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    mib: { type: 'string' },
    idle: { type: 'string' },
    'idle-seconds': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const size = {
  rounds: Number(values.rounds ?? (values.quick ? 1 : 9)),
  mib: Number(values.mib ?? (values.quick ? 4 : 256)),
  opens: values.quick ? 100 : 1000,
  inFlight: 50,
  openRounds: values.quick ? 1 : 5,
  idle: Number(values.idle ?? (values.quick ? 3 : 100)),
  // V8 tidies up for some 20 s after a start; then each side is what it is for days. A minute holds every probe and keepalive.
  settleSeconds: values.quick ? 0.3 : 20,
  idleSeconds: Number(values['idle-seconds'] ?? (values.quick ? 0.3 : 60)),
};

process.exitCode = await main();

async function main() {
  const missing = whatIsMissing();
  if (missing !== null) {
    console.error(missing);
    return 1;
  }
  const scene = await Scene.make();
  const stop = () => void scene.end().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    say(
      `Node ${process.versions.node}, OpenSSH ${scene.opensshVersion}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`,
    );
    say(
      `load before the run: ${loadavg()[0]?.toFixed(2)}; cipher: ${cipher} on all sides, since the server takes no other`,
    );
    const clients = { holdfast: await scene.holdfast(), ssh: await scene.ssh(), 'ssh again': await scene.ssh() };
    const rows = [...(await transfers(scene, clients)), ...(await openings(clients))];
    await scene.stop(Object.values(clients).map(({ pid }) => pid));
    rows.push(...(await idling(scene)));
    if (values.json) console.log(JSON.stringify(rows));
    else print(rows);
    return 0;
  } finally {
    process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
    await scene.end();
  }
}

/** Progress and remarks; standard output is for the result. */
function say(text) {
  console.error(text);
}

/** Each round runs all clients one after the other, in an order that turns around every other round. */
async function inTurns(rounds, clients, run) {
  const results = Object.fromEntries(Object.keys(clients).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const order = Object.keys(clients);
    if (round % 2 === 1) order.reverse();
    for (const name of order) results[name].push(await run(clients[name]));
  }
  return results;
}

/** Ratios to ssh, paired by round; the second ssh shows how much of a difference is none. */
function compared(what, unit, better, results, base = 'ssh') {
  const ratios = (name) => results[name].map((value, round) => value / results[base][round]);
  return Object.keys(results)
    .filter((name) => name !== base)
    .map((name) => ({
      what,
      unit,
      better,
      side: name,
      value: median(results[name]),
      base,
      baseValue: median(results[base]),
      ratio: median(ratios(name)),
      lowest: Math.min(...ratios(name)),
      highest: Math.max(...ratios(name)),
      rounds: results[name].length,
    }));
}

async function transfers(scene, clients) {
  const bytes = size.mib * 1024 * 1024;
  const rows = [];
  for (const client of Object.values(clients))
    for (const direction of ['down', 'up']) await transfer(direction, client.ports, 1, bytes / 4);
  for (const direction of ['down', 'up'])
    for (const streams of [1, 8]) {
      const what = `${direction === 'down' ? 'download' : 'upload'}, ${streams} stream${streams === 1 ? '' : 's'}`;
      say(`${what}: ${size.rounds} rounds of ${size.mib} MiB on each side …`);
      const cpu = Object.fromEntries(Object.keys(clients).map((name) => [name, []]));
      const speed = await inTurns(size.rounds, clients, async (client) => {
        const name = Object.keys(clients).find((one) => clients[one] === client);
        const tree = treeOf(client.pid);
        const before = cpuSeconds(tree);
        const seconds = await transfer(direction, client.ports, streams, bytes);
        cpu[name].push(((cpuSeconds(tree) - before) / bytes) * 1e9);
        return bytes / 1e6 / seconds;
      });
      rows.push(
        ...compared(what, 'MB/s', 'higher', speed),
        ...compared(`${what}: CPU of the client`, 's/GB', 'lower', cpu),
      );
    }
  return rows;
}

async function openings(clients) {
  say(`${size.opens} opens, ${size.inFlight} in flight: ${size.openRounds} rounds on each side …`);
  const all = await inTurns(size.openRounds, clients, async ({ ports }) => {
    await opens(ports.echo, size.inFlight, size.inFlight);
    return await opens(ports.echo, size.opens, size.inFlight);
  });
  const of = (share) =>
    Object.fromEntries(
      Object.entries(all).map(([name, rounds]) => [name, rounds.map((times) => percentile(times, share))]),
    );
  const what = `open of a channel, ${size.inFlight} in flight`;
  return [...compared(`${what}: p50`, 'ms', 'lower', of(0.5)), ...compared(`${what}: p99`, 'ms', 'lower', of(0.99))];
}

/** One after the other, so that none takes memory or CPU from the other; pages that are shared count by their share. */
async function idling(scene) {
  const rows = [];
  const look = async (pids) => {
    await sleep(size.settleSeconds * 1000);
    const tree = pids.flatMap(treeOf);
    const before = cpuSeconds(tree);
    await sleep(size.idleSeconds * 1000);
    return { cpu: ((cpuSeconds(tree) - before) / size.idleSeconds) * 1000, pss: pssMib(tree), processes: tree.length };
  };
  say(`${size.idle} idle tunnels on each side, ${size.idleSeconds} s of CPU …`);
  const autossh = await scene.idleAutossh(size.idle);
  const base = await look(autossh);
  await scene.stop(autossh);
  for (const isShared of [true, false]) {
    const engine = await scene.idleEngine(size.idle, isShared);
    const seen = await look([engine.pid]);
    await scene.stop([engine.pid]);
    const what = `${size.idle} idle tunnels, ${isShared ? 'one login for all' : 'a login each'}`;
    const name = `${size.idle} autossh`;
    const row = (measure, unit, one, other) =>
      rows.push(...compared(`${what}: ${measure}`, unit, 'lower', { holdfast: [one], [name]: [other] }, name));
    row('memory (PSS)', 'MiB', seen.pss, base.pss);
    row('CPU', 'ms/s', seen.cpu, base.cpu);
    row('processes', '', seen.processes, base.processes);
  }
  return rows;
}

function print(rows) {
  const cell = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
  const table = [
    ['what', 'better', 'side', 'median', 'against', 'median', 'ratio', 'spread', 'rounds'],
    ...rows.map((row) => [
      row.what,
      row.better,
      row.side,
      `${cell(row.value)} ${row.unit}`.trim(),
      row.base,
      `${cell(row.baseValue)} ${row.unit}`.trim(),
      Number.isFinite(row.ratio) ? row.ratio.toFixed(2) : 'none',
      row.rounds > 1 ? `${row.lowest.toFixed(2)}–${row.highest.toFixed(2)}` : '',
      String(row.rounds),
    ]),
  ];
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  for (const line of table)
    console.log(
      line
        .map((text, column) => text.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
  console.log(
    '\nRatios are medians of the rounds’ own ratios. The rows "ssh again" compare ssh with a second ssh: what lies within',
  );
  console.log(
    'their spread is no difference. Speed and opens are seen by a program at the local port; CPU is that of the client',
  );
  console.log(
    'processes alone (schedstat of all threads), memory their PSS (smaps_rollup). One machine carries both ends.',
  );
}
