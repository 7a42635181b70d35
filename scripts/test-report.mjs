// What a run of tests has to say at its end, from vitest's JSON report and the notes of tests that used an Electron.

/** In the name of each test that only root can run; see test/support/root.ts. */
const rootOnly = '(as root only)';

/** Tests by outcome; a file that could not even be loaded counts as one failed test. `rootOnly`: those of the skipped that root could run. */
export function countReport(report) {
  const counts = { passed: 0, failed: 0, skipped: 0, rootOnly: 0 };
  for (const suite of report.testResults ?? []) {
    const tests = suite.assertionResults ?? [];
    for (const test of tests) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') counts.failed += 1;
      else {
        counts.skipped += 1;
        if (test.fullName.includes(rootOnly)) counts.rootOnly += 1;
      }
    }
    if (suite.status === 'failed' && !tests.some((test) => test.status === 'failed')) counts.failed += 1;
  }
  return counts;
}

/** How the tests ran that use an Electron, one line a way. `notes`: the lines of sandbox.ts' noteElectron. */
export function electronLines(report, notes) {
  const ways = new Map();
  for (const line of new Set(notes.split('\n').filter(Boolean))) {
    const { file, user, withoutSandbox } = JSON.parse(line);
    const how =
      withoutSandbox === null
        ? `as the user ${user}, with Chromium's sandbox on`
        : `as the user ${user}, WITHOUT Chromium's sandbox: ${withoutSandbox}`;
    ways.set(how, (ways.get(how) ?? 0) + ranIn(report, file));
  }
  return [...ways].map(([how, count]) => `${count} tests ran in a real Electron ${how}`);
}

function ranIn(report, file) {
  const tests = (report.testResults ?? [])
    .filter(({ name }) => name === file)
    .flatMap((suite) => suite.assertionResults);
  return tests.filter(({ status }) => status === 'passed' || status === 'failed').length;
}
