import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noElectron } from '../../support/desktop/app.ts';
import { desktopScene } from '../../support/desktop/scene.ts';
import { endServer } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

/** The app where it has no place for its state, in a real Electron. */

const scene = desktopScene();

describe.skipIf(noElectron !== null)('a state folder that cannot be used', () => {
  it('ends the start with 1, and what is wrong and HOLDFAST_STATE are named', async () => {
    const app = scene().newApp();
    mkdirSync(dirname(app.profile.stateFolder), { recursive: true });
    writeFileSync(app.profile.stateFolder, 'a file');
    const started = app.launch();
    scene().own({ dispose: () => endServer(started, 'SIGKILL') });
    await until(() => started.hasExited(), { what: 'the app to end', timeoutMs: 30_000, seen: started.log });
    expect(started.child.exitCode).toBe(1);
    expect(started.log()).toContain('a file stands in its place');
    expect(started.log()).toContain('HOLDFAST_STATE');
    expect(started.log()).not.toMatch(/JavaScript error|report/);
  });
});
