import { spawnSync } from 'node:child_process';
import { copyFileSync, appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

/** How the app is packed: the configuration is good, a packed folder has what it needs and nothing else, its fuses are set. */

const root = fileURLToPath(new URL('../../..', import.meta.url));
const require = createRequire(import.meta.url);

interface AsarModule {
  listPackage(file: string, options: { isPack: boolean }): string[];
}

/** What electron-builder needs of an Electron to pack: any program, the fuses' mark, and the files beside it. */
function fakeElectron(folder: string): void {
  mkdirSync(join(folder, 'resources'), { recursive: true });
  mkdirSync(join(folder, 'locales'));
  const program = join(folder, 'electron');
  copyFileSync('/bin/true', program);
  // Fuses as Electron ships them: sentinel, version 1, nine of them.
  appendFileSync(program, `dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\u0001\u0009101100011`);
  for (const [name, text] of [
    ['version', require('electron/package.json').version],
    ['LICENSE', ''],
    ['LICENSES.chromium.html', ''],
    ['locales/en-US.pak', ''],
  ])
    writeFileSync(join(folder, name as string), text as string);
}

describe('packaging', () => {
  it('has a configuration that electron-builder takes', async () => {
    const tools = require('app-builder-lib/out/util/config/config') as {
      getConfig(folder: string, path: string, given: null): Promise<Record<string, unknown>>;
      validateConfiguration(
        config: unknown,
        logger: { add(...args: unknown[]): void; isEnabled: boolean },
      ): Promise<void>;
    };
    const logger = { add: () => undefined, isEnabled: false };
    const config = await tools.getConfig(root, 'electron-builder.yml', null);
    await tools.validateConfiguration(config, logger);
    await expect(tools.validateConfiguration({ ...config, asr: true }, logger)).rejects.toThrow(/asr/);
    expect(config).toMatchObject({ asar: true, appId: 'org.holdfast.Holdfast', publish: null });
  });

  it.skipIf(process.platform !== 'linux')('packs a folder with what the app needs, and sets the fuses', () => {
    const folder = tempFolder();
    const [dist, output] = [folder.file('electron'), folder.file('out')];
    fakeElectron(dist);
    const builder = join(root, 'node_modules', 'electron-builder', 'cli.js');
    const args = [
      '--linux',
      'dir',
      '--config',
      'electron-builder.yml',
      `-c.electronDist=${dist}`,
      `-c.directories.output=${output}`,
    ];
    const packed = spawnSync(process.execPath, [builder, ...args], { cwd: root, encoding: 'utf8', timeout: 80_000 });
    expect(packed.status, packed.stderr + packed.stdout).toBe(0);

    const resources = join(output, 'linux-unpacked', 'resources');
    const asar = require('@electron/asar') as AsarModule;
    const files = asar.listPackage(join(resources, 'app.asar'), { isPack: false });
    for (const needed of [
      '/package.json',
      '/out/main.js',
      '/out/preload.cjs',
      '/out/engine-thread.js',
      '/out/key-worker.js',
      '/out/cli.js',
      '/out/renderer/index.html',
      '/out/renderer/prompts.html',
      '/assets/tray/linux/up.png',
      '/assets/icons/128x128.png',
      '/node_modules/ssh2/package.json',
      '/node_modules/keytar/package.json',
    ])
      expect(files).toContain(needed);
    // Neither sources nor tests, nothing that is only for building, no maps.
    expect(files.filter((file) => /^\/(src|test|scripts|docs)(\/|$)|\.map$|\.ts$/.test(file))).toEqual([]);
    for (const name of ['react', 'electron', 'vite', 'esbuild', 'typescript'])
      expect(files).not.toContain(`/node_modules/${name}/package.json`);
    // Native parts lie beside the archive, where they can be loaded.
    const unpacked = join(resources, 'app.asar.unpacked', 'node_modules');
    expect(readdirSync(unpacked)).toContain('keytar');
    expect(existsSync(join(unpacked, 'ssh2', 'util'))).toBe(true);

    const program = readdirSync(join(output, 'linux-unpacked')).find((name) => /^holdfast$/i.test(name)) ?? '';
    const read = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules', '@electron', 'fuses', 'dist', 'bin.js'),
        'read',
        '--app',
        join(output, 'linux-unpacked', program),
      ],
      { encoding: 'utf8' },
    );
    const fuses = stripVTControlCharacters(read.stdout + read.stderr);
    expect(fuses).toMatch(/RunAsNode is Disabled/);
    expect(fuses).toMatch(/EnableNodeOptionsEnvironmentVariable is Disabled/);
    expect(fuses).toMatch(/EnableNodeCliInspectArguments is Disabled/);
    expect(fuses).toMatch(/EnableEmbeddedAsarIntegrityValidation is Enabled/);
    expect(fuses).toMatch(/OnlyLoadAppFromAsar is Enabled/);
    expect(fuses).toMatch(/GrantFileProtocolExtraPrivileges is Disabled/);
  });
});
