// npm test: everything in one go, on a fresh machine too. What is missing and how to get it, build, all suites; the last line is
// `N passed, N failed, N skipped`. Where root runs it, the suites in a real Electron run as an ordinary user (test-user.mjs).
// Arguments go to vitest: npm test -- --project unit test/unit/log
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { desktopPackages, ensurePackages, namespacesHint, testPackages, winePackages } from './test-packages.mjs';
import { countReport, electronLines } from './test-report.mjs';
import { asUser, checkoutFor, testUser } from './test-user.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A run that hangs ends as a failure instead of never. */
const limitMs = 60 * 60_000;

const isRoot = process.getuid?.() === 0;
const { projects: named, rest: wanted } = parseWanted(process.argv.slice(2));
const projects = named.length > 0 ? named : ['unit', 'integration', 'e2e', 'electron'];
/** One vitest after the other: the suites in a real Electron have a desktop of their own, and the machine to themselves. */
const runs = [projects.filter((name) => name !== 'electron'), projects.filter((name) => name === 'electron')].filter(
  (run) => run.length > 0,
);

process.exitCode = await main();

async function main() {
  const wrong = wrongNode();
  if (wrong !== null) return end({ passed: 0, failed: 1, skipped: 0 }, wrong);
  if (!existsSync(join(root, 'node_modules', 'vitest')))
    return end({ passed: 0, failed: 1, skipped: 0 }, 'The dependencies are not installed. Run: npm ci');
  const needsDesktop = projects.includes('electron');
  const needed = needsDesktop ? [...testPackages, ...desktopPackages, ...winePackages] : testPackages;
  if (!ensurePackages(needed)) return end({ passed: 0, failed: 1, skipped: 0 }, 'Nothing was tested.');
  const user = needsDesktop ? userForElectron() : null;
  const hint = needsDesktop && (!isRoot || user !== null) ? namespacesHint(user?.name ?? null) : null;
  if (hint !== null) console.log(hint);
  const built = await run(['scripts/build.mjs'], process.env);
  if (built !== 0) return end({ passed: 0, failed: 1, skipped: 0 }, 'The build went wrong; nothing was tested.');
  const counts = { passed: 0, failed: 0, skipped: 0, rootOnly: 0, electron: [] };
  for (const names of runs) {
    const found = await runSuites(names, names.includes('electron') ? user : null);
    for (const outcome of ['passed', 'failed', 'skipped', 'rootOnly']) counts[outcome] += found[outcome];
    counts.electron.push(...found.electron);
  }
  return end(counts, null);
}

/** Root's: an ordinary user. Null: the tests run as who they are. */
function userForElectron() {
  if (!isRoot) return null;
  try {
    return testUser();
  } catch (error) {
    console.log(
      `No ordinary user can be made to run Electron: ${error.message}. It runs as root, without Chromium's sandbox.`,
    );
    return null;
  }
}

/** One vitest, as `user` in a copy of the checkout if one is given; what it says beside its tests counts as one failed. */
async function runSuites(names, user) {
  const none = { passed: 0, failed: 0, skipped: 0, rootOnly: 0, electron: [] };
  let copy = null;
  let folder = null;
  try {
    copy = user === null ? null : checkoutFor(user, root);
    folder = copy?.place ?? mkdtempSync(join(tmpdir(), 'holdfast-test-run-'));
    const [report, notes] = [join(folder, 'report.json'), join(folder, 'electrons')];
    const args = [
      join('node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...names.map((name) => `--project=${name}`),
      // A file may be named by its whole path.
      ...wanted.map((word) => (copy === null ? word : word.replace(root, `${copy.folder}/`))),
      // Files that are named may all be of the other run.
      ...(named.length > 0 && runs.length === 1 ? [] : ['--passWithNoTests']),
    ];
    const env = { HOLDFAST_BUILT: '1', HOLDFAST_TEST_ELECTRONS: notes };
    const code =
      copy === null
        ? await run(args, { ...process.env, ...env })
        : await run(args, { ...copy.env, ...env }, { user, node: copy.node, cwd: copy.folder });
    const found = readReport(report);
    const counts = found && { ...none, ...countReport(found), electron: electronLines(found, readIfThere(notes)) };
    const problem = problemOf(code, counts);
    if (problem === null) return counts;
    console.log(`\n${problem}`);
    return { ...none, ...counts, failed: (counts?.failed ?? 0) + 1 };
  } catch (error) {
    console.log(`\nThe tests of ${names.join(', ')} could not be run: ${error.message}`);
    return { ...none, failed: 1 };
  } finally {
    copy?.remove();
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

/** `--project NAME` and `--project=NAME`, and everything else. */
function parseWanted(words) {
  const projects = [];
  const rest = [];
  for (let at = 0; at < words.length; at += 1) {
    const [word, next] = [words[at], words[at + 1]];
    if (word.startsWith('--project=')) projects.push(word.slice('--project='.length));
    else if (word === '--project' && next !== undefined) {
      projects.push(next);
      at += 1;
    } else rest.push(word);
  }
  return { projects, rest };
}

/** What is wrong with a run beside the failures that it counts; null: nothing. */
function problemOf(code, counts) {
  if (counts === null) return `vitest ended with ${code} and without a report.`;
  if (code !== 0 && counts.failed === 0)
    return `vitest ended with ${code} though no test failed: see the errors above.`;
  return null;
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Says what there is to say, then the one line that others read; gives the exit code. */
function end({ passed, failed, skipped, rootOnly = 0, electron = [] }, message) {
  if (message !== null) console.log(`\n${message}`);
  else if (passed + failed + skipped === 0) {
    console.log('\nNot one test ran.');
    failed = 1;
  }
  for (const line of electron) console.log(line);
  if (rootOnly > 0) console.log(`${rootOnly} of the skipped tests only root can run: sudo npm test`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : 1;
}

/** Runs Node to its end, as another user if one is given. */
function run(args, env, { user = null, node = process.execPath, cwd = root } = {}) {
  const line = user === null ? { program: node, args } : asUser(user, node, args);
  return new Promise((resolve) => {
    const child = spawn(line.program, line.args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const limit = setTimeout(() => {
      console.error(`\nnode ${args[0]} has not ended within ${limitMs / 60_000} min and is ended now`);
      child.kill('SIGKILL');
    }, limitMs);
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', pass);
    process.on('SIGTERM', pass);
    const done = (code) => {
      clearTimeout(limit);
      process.removeListener('SIGINT', pass);
      process.removeListener('SIGTERM', pass);
      resolve(code);
    };
    child.on('error', (error) => {
      console.error(error.message);
      done(1);
    });
    child.on('exit', (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 1)));
  });
}

/** What is wrong with this Node; null: nothing. */
function wrongNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = /(\d+)\.(\d+)/.exec(engines.node);
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = [Number(wanted?.[1] ?? 0), Number(wanted?.[2] ?? 0)];
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return null;
  return `Holdfast needs Node ${engines.node}; this is ${process.versions.node}.`;
}
