// npm test: everything in one go, on a fresh machine too. Packages, build, all suites; the last line is `N passed, N failed, N skipped`.
// Arguments go to vitest: npm test -- --project unit test/unit/log
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { desktopPackages, ensurePackages, testPackages, winePackages } from './test-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A run that hangs ends as a failure instead of never. */
const limitMs = 60 * 60_000;

const wanted = process.argv.slice(2);
const named = wanted.some((word) => word.startsWith('--project'));
/** One vitest after the other: the suites in a real Electron have a desktop of their own, and the machine to themselves. */
const runs = named ? [[]] : [['--project=unit', '--project=integration', '--project=e2e'], ['--project=electron']];

process.exitCode = await main();

async function main() {
  const wrong = wrongNode();
  if (wrong !== null) return end({ passed: 0, failed: 1, skipped: 0 }, wrong);
  if (!existsSync(join(root, 'node_modules', 'vitest')))
    return end({ passed: 0, failed: 1, skipped: 0 }, 'The dependencies are not installed. Run: npm ci');
  const needsDesktop = !named || wanted.some((word) => /^(--project=)?electron$/.test(word));
  const packages = needsDesktop ? [...testPackages, ...desktopPackages] : testPackages;
  if (!ensurePackages(packages)) return end({ passed: 0, failed: 1, skipped: 0 }, 'Nothing was tested.');
  if (needsDesktop && !ensurePackages(winePackages)) console.error('The suites under Wine are skipped.');
  const built = await run(['scripts/build.mjs'], {});
  if (built !== 0) return end({ passed: 0, failed: 1, skipped: 0 }, 'The build went wrong; nothing was tested.');
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const projects of runs) {
    const found = await runSuites(projects);
    for (const outcome of ['passed', 'failed', 'skipped']) counts[outcome] += found[outcome];
  }
  return end(counts, null);
}

/** One vitest; what it says beside its tests counts as one failed. */
async function runSuites(projects) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-run-'));
  try {
    const report = join(folder, 'report.json');
    const code = await run(
      [
        join('node_modules', 'vitest', 'vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...projects,
        ...wanted,
        // Files that are named may all be of the other run.
        ...(named ? [] : ['--passWithNoTests']),
      ],
      { HOLDFAST_BUILT: '1' },
    );
    const counts = countReport(report);
    const problem = problemOf(code, counts);
    if (problem === null) return counts;
    console.log(`\n${problem}`);
    return { passed: 0, skipped: 0, ...counts, failed: (counts?.failed ?? 0) + 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is wrong with a run beside the failures that it counts; null: nothing. */
function problemOf(code, counts) {
  if (counts === null) return `vitest ended with ${code} and without a report.`;
  if (code !== 0 && counts.failed === 0)
    return `vitest ended with ${code} though no test failed: see the errors above.`;
  return null;
}

/** Tests by outcome; a file that could not even be loaded counts as one failed test. */
function countReport(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of report.testResults ?? []) {
    const tests = suite.assertionResults ?? [];
    for (const test of tests) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') counts.failed += 1;
      else counts.skipped += 1;
    }
    if (suite.status === 'failed' && !tests.some((test) => test.status === 'failed')) counts.failed += 1;
  }
  return counts;
}

/** Says what there is to say, then the one line that others read; gives the exit code. */
function end({ passed, failed, skipped }, message) {
  if (message !== null) console.log(`\n${message}`);
  else if (passed + failed + skipped === 0) {
    console.log('\nNot one test ran.');
    failed = 1;
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : 1;
}

function run(args, env) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
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
