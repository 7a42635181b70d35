import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { NtExecutable, NtExecutableResource, Resource } from 'resedit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PackedSystem } from '../../support/fake-electron.ts';
import { pack, PackedArchive } from '../../support/packed-app.ts';
import { needProgram, run } from '../../support/processes.ts';
import { makeTempFolder } from '../../support/temp.ts';

/** How the app is packed: the configuration is good; for each system a packed folder has what it needs and nothing else, and its fuses are set. */

const root = fileURLToPath(new URL('../../..', import.meta.url));
const require = createRequire(import.meta.url);
const folder = makeTempFolder('holdfast-packed-');
afterAll(() => folder.dispose());

interface Target {
  readonly target: string;
  readonly arch: readonly string[];
}

interface Configuration extends Record<string, unknown> {
  readonly mac: { readonly target: readonly Target[] };
  readonly win: { readonly target: readonly Target[] };
  readonly linux: { readonly target: readonly string[] };
}

describe('the configuration', () => {
  const tools = require('app-builder-lib/out/util/config/config') as {
    getConfig(folder: string, path: string, given: null): Promise<Configuration>;
    validateConfiguration(
      config: unknown,
      logger: { add(...args: unknown[]): void; isEnabled: boolean },
    ): Promise<void>;
  };
  const logger = { add: () => undefined, isEnabled: false };

  it('is one that electron-builder takes', async () => {
    const config = await tools.getConfig(root, 'electron-builder.yml', null);
    await tools.validateConfiguration(config, logger);
    await expect(tools.validateConfiguration({ ...config, asr: true }, logger)).rejects.toThrow(/asr/);
    expect(config).toMatchObject({ asar: true, appId: 'org.holdfast.Holdfast', publish: null, npmRebuild: false });
  });

  it('makes the installers of every system', async () => {
    const { mac, win, linux } = await tools.getConfig(root, 'electron-builder.yml', null);
    const all = ['x64', 'arm64', 'universal'];
    expect(mac.target).toEqual([
      { target: 'dmg', arch: all },
      { target: 'zip', arch: all },
    ]);
    expect(win.target).toEqual([{ target: 'nsis', arch: ['x64', 'arm64'] }]);
    expect(linux.target).toEqual(['AppImage', 'deb', 'rpm']);
  });
});

/** Where the parts of a packed folder are. */
const places: Record<PackedSystem, { app: string; program: string; resources: string; command: string }> = {
  linux: {
    app: 'linux-unpacked',
    program: 'linux-unpacked/holdfast-desktop',
    resources: 'linux-unpacked/resources',
    command: 'bin/holdfast',
  },
  mac: {
    app: 'mac/Holdfast.app',
    program: 'mac/Holdfast.app',
    resources: 'mac/Holdfast.app/Contents/Resources',
    command: 'bin/holdfast',
  },
  win: {
    app: 'win-unpacked',
    program: 'win-unpacked/Holdfast.exe',
    resources: 'win-unpacked/resources',
    command: 'bin/holdfast.cmd',
  },
};

/** keytar's binaries for the two processors of each system. */
const keytarOf: Record<PackedSystem, string[]> = {
  linux: ['linux-arm64', 'linux-x64'],
  mac: ['darwin-arm64', 'darwin-x64'],
  win: ['win32-arm64', 'win32-x64'],
};

describe.skipIf(process.platform !== 'linux').each(['linux', 'mac', 'win'] as const)('packed for %s', (system) => {
  const place = places[system];
  let output: string;
  let archive: PackedArchive;
  beforeAll(() => {
    output = pack({ system, folder: folder.path });
    archive = new PackedArchive(join(output, place.resources));
  });

  it('has everything that runs', () => {
    for (const needed of [
      'package.json',
      'LICENSE',
      'out/main.js',
      'out/desktop.js',
      'out/cli.js',
      'out/preload.cjs',
      'out/engine-thread.js',
      'out/key-worker.js',
      'out/renderer/index.html',
      'out/renderer/prompts.html',
      'assets/tray/linux/up.png',
      'assets/tray/macos/upTemplate@2x.png',
      'assets/tray/windows/up-dark.ico',
      'assets/icons/128x128.png',
    ])
      expect(archive.files).toContain(needed);
    const { main, type } = JSON.parse(archive.text('package.json')) as { main: string; type: string };
    expect(archive.files).toContain(main);
    expect(type).toBe('module');
  });

  it('has the packages that its bundles ask for, and theirs, and no other', () => {
    expect(archive.packages).toEqual(archive.packagesAskedFor());
    expect(archive.packages).toEqual(expect.arrayContaining(['ssh2', 'keytar', 'electron-updater']));
  });

  it('has neither sources nor tests nor maps, nothing that is only for building or for the demo', () => {
    const odd =
      /^(?!out|assets|node_modules)[^/]+\/|\.map$|\.[cm]?ts$|\.tsx$|\.md$|(^|\/)(test|tests|__tests__)\/|^out\/(demo|headless)\b/;
    expect(archive.files.filter((file) => odd.test(file))).toEqual([]);
    expect(
      archive.files
        .filter((file) => /\.(gyp|c|cc|h)$|\/\.eslint/.test(file))
        .filter((file) => !file.includes('node_modules/ssh2/util/')),
    ).toEqual([]);
    expect(archive.files.filter((file) => !file.includes('/'))).toEqual([
      'LICENSE',
      'assets',
      'node_modules',
      'out',
      'package.json',
    ]);
  });

  it('is of the size it should be', () => {
    // A package or a folder that slips in is hundreds of files.
    expect(archive.files.length).toBeGreaterThan(250);
    expect(archive.files.length).toBeLessThan(600);
    expect(archive.bytes).toBeLessThan(12 * 1024 * 1024);
  });

  it('has the native parts of this system alone, beside the archive', () => {
    const native = archive.files.filter((file) => file.endsWith('.node'));
    const made = existsSync(join(root, 'packaging', 'native', `${system}-x64`, 'sshcrypto.node'))
      ? ['node_modules/ssh2/lib/protocol/crypto/build/Release/sshcrypto.node']
      : [];
    const keychain = keytarOf[system].map((name) => `node_modules/keytar/prebuilds/${name}/keytar.node`);
    expect(native).toEqual([...keychain, ...made]);
    for (const file of native) expect(archive.unpacked).toContain(file);
    // A program that ssh2 starts for PuTTY's agent.
    const pagent = 'node_modules/ssh2/util/pagent.exe';
    expect(archive.unpacked.includes(pagent)).toBe(system === 'win');
  });

  it('19. has its fuses set', async () => {
    const wire = await getCurrentFuseWire(join(output, place.program));
    const off = FuseState.DISABLE;
    const on = FuseState.ENABLE;
    expect(wire[FuseV1Options.RunAsNode]).toBe(off);
    expect(wire[FuseV1Options.EnableNodeOptionsEnvironmentVariable]).toBe(off);
    expect(wire[FuseV1Options.EnableNodeCliInspectArguments]).toBe(off);
    expect(wire[FuseV1Options.EnableEmbeddedAsarIntegrityValidation]).toBe(on);
    expect(wire[FuseV1Options.OnlyLoadAppFromAsar]).toBe(on);
    expect(wire[FuseV1Options.GrantFileProtocolExtraPrivileges]).toBe(off);
  });

  it('brings the command', () => {
    const command = join(output, place.resources, place.command);
    const text = readFileSync(command, 'utf8');
    // The program it starts is there.
    const named = { linux: 'holdfast-desktop', mac: 'MacOS/Holdfast', win: 'Holdfast.exe' }[system];
    expect(text).toContain(named);
    if (system === 'win') {
      expect(text.replaceAll('\r\n', '')).not.toContain('\n');
      expect(text).toContain('" --command -- %*');
      expect(existsSync(join(output, place.app, named))).toBe(true);
    } else {
      expect(existsSync(join(output, place.app, system === 'mac' ? `Contents/${named}` : named))).toBe(true);
      accessSync(command, constants.X_OK);
      run('/bin/sh', ['-n', command]);
    }
  });

  it.runIf(system === 'mac')('is an app of the menu bar, with its identity and the hash of its archive', () => {
    const plist = readFileSync(join(output, place.app, 'Contents', 'Info.plist'), 'utf8');
    expect(plist).toMatch(/<key>LSUIElement<\/key>\s*<true\/>/);
    expect(plist).toMatch(/<key>CFBundleIdentifier<\/key>\s*<string>org\.holdfast\.Holdfast<\/string>/);
    expect(plist).toMatch(
      /<key>LSApplicationCategoryType<\/key>\s*<string>public\.app-category\.developer-tools<\/string>/,
    );
    const integrity = /<key>ElectronAsarIntegrity<\/key>\s*<dict>([\s\S]*?)<\/dict>\s*<\/dict>/.exec(plist)?.[1] ?? '';
    expect(integrity).toContain('<key>Resources/app.asar</key>');
    expect(integrity).toContain(`<string>${archive.headerHash}</string>`);
  });

  it.runIf(system === 'win')('has a program with its name and the hash of its archive', () => {
    const program = NtExecutable.from(readFileSync(join(output, place.program)));
    const { entries } = NtExecutableResource.from(program);
    const integrity = entries.find(({ type, id }) => type === 'INTEGRITY' && id === 'ELECTRONASAR');
    expect(JSON.parse(Buffer.from(integrity?.bin ?? new ArrayBuffer(0)).toString())).toEqual([
      { file: String.raw`resources\app.asar`, alg: 'SHA256', value: archive.headerHash },
    ]);
    const [info] = Resource.VersionInfo.fromEntries(entries);
    expect(info?.getStringValues({ lang: 1033, codepage: 1200 })).toMatchObject({
      ProductName: 'Holdfast',
      FileDescription: 'Holdfast',
    });
  });
});

describe.skipIf(process.platform !== 'linux')('the native crypto of ssh2', () => {
  const script = join(root, 'scripts', 'native-crypto.mjs');
  const make = (env: NodeJS.ProcessEnv, args: readonly string[] = []): { code: number | null; said: string } => {
    const done = spawnSync(process.execPath, [script, ...args], {
      encoding: 'utf8',
      timeout: 110_000,
      env: { ...process.env, HOLDFAST_NATIVE_OUTPUT: folder.file('native'), ...env },
    });
    return { code: done.status, said: done.stdout + done.stderr };
  };

  // Headers of this Node take the place of Electron's; then it can be loaded here.
  const headers = dirname(dirname(process.execPath));
  it.runIf(existsSync(join(headers, 'include', 'node', 'node.h')))('is built from headers', () => {
    const { code, said } = make({
      HOLDFAST_ELECTRON_HEADERS: headers,
      HOLDFAST_OPENSSL_MAJOR: process.versions.openssl.split('.')[0],
    });
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(/^native-crypto: made for Electron \d+\.\d+\.\d+ on linux-/),
    ]);
    const made = folder.file('native', `linux-${process.arch}`, 'sshcrypto.node');
    expect(Object.keys(require(made) as object)).toContain('AESGCMCipher');
  });

  it('is done without where it cannot be built, and one of before goes', () => {
    const old = folder.file('native', `linux-${process.arch}`, 'sshcrypto.node');
    mkdirSync(dirname(old), { recursive: true });
    writeFileSync(old, '');
    const { code, said } = make({ HOLDFAST_ELECTRON_HEADERS: folder.file('no-headers') });
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(/^native-crypto: none for linux-\w+, the app is packed without it: ./),
    ]);
    expect(existsSync(old)).toBe(false);
    expect(make({}, ['--arch', 'ia32']).code).toBe(2);
  });

  it('is packed where it was made', () => {
    // What Linux never makes: nobody's own is in the way.
    const place = join(root, 'packaging', 'native', 'mac-arm64');
    mkdirSync(place, { recursive: true });
    try {
      writeFileSync(join(place, 'sshcrypto.node'), 'made for Electron');
      const output = pack({ system: 'mac', arch: 'arm64', folder: folder.path });
      const resources = join(output, 'mac-arm64', 'Holdfast.app', 'Contents', 'Resources');
      const archive = new PackedArchive(resources);
      const packed = 'node_modules/ssh2/lib/protocol/crypto/build/Release/sshcrypto.node';
      expect(archive.unpacked).toContain(packed);
      expect(archive.text(packed)).toBe('made for Electron');
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});

/** Stands in for fpm, which makes debs and rpms and is to be fetched: keeps what it was called with. */
const fpmStandIn = `#!/bin/sh
set -e
previous= kind=
for word in "$@"; do
  case $previous in -t) kind=$word ;; esac
  previous=$word
done
mkdir "$FPM_SEEN/$kind"
printf '%s\\n' "$@" > "$FPM_SEEN/$kind/arguments"
previous=
for word in "$@"; do
  case $previous in
    --after-install) cp "$word" "$FPM_SEEN/$kind/after-install" ;;
    --after-remove) cp "$word" "$FPM_SEEN/$kind/after-remove" ;;
    --package) : > "$word" ;;
  esac
  case $word in *.desktop=*) cp "\${word%%=*}" "$FPM_SEEN/$kind/entry.desktop" ;; esac
  previous=$word
done
`;

describe.skipIf(process.platform !== 'linux').each(['deb', 'rpm'] as const)('the %s', (kind) => {
  const seen = folder.file('fpm-seen');
  const read = (name: string): string => readFileSync(join(seen, kind, name), 'utf8');
  const words = (): string[] => read('arguments').split('\n');
  const after = (option: string): string[] =>
    words().flatMap((word, at, all) => (all[at - 1] === option ? [word] : []));

  beforeAll(() => {
    if (existsSync(seen)) return;
    const programs = folder.file('programs');
    mkdirSync(programs);
    mkdirSync(seen);
    writeFileSync(join(programs, 'fpm'), fpmStandIn);
    chmodSync(join(programs, 'fpm'), 0o755);
    const env = { USE_SYSTEM_FPM: 'true', FPM_SEEN: seen, PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}` };
    pack({ system: 'linux', folder: folder.path, targets: ['deb', 'rpm'], env });
  });

  it('has an entry in the menus that the desktops take', () => {
    const entry = read('entry.desktop');
    for (const line of [
      'Name=Holdfast',
      'Exec=/opt/Holdfast/holdfast-desktop %U',
      'Icon=holdfast-desktop',
      'StartupWMClass=org.holdfast.Holdfast',
      'Categories=Network;',
      'Terminal=false',
      'Keywords=ssh;tunnel;port forwarding;proxy;',
    ])
      expect(entry.split('\n')).toContain(line);
    run(needProgram('desktop-file-validate', 'desktop-file-utils'), [join(seen, kind, 'entry.desktop')]);
    expect(words().find((word) => word.endsWith('.desktop'))).toMatch(
      /=\/usr\/share\/applications\/org\.holdfast\.Holdfast\.desktop$/,
    );
  });

  it('asks for what Electron and the keychain need', () => {
    const needed = after('-d').join('\n');
    for (const library of kind === 'deb'
      ? ['libgtk-3-0', 'libnss3', 'libsecret-1-0', 'libgbm1', 'libasound2']
      : ['gtk3', 'nss', 'libsecret', 'mesa-libgbm', 'alsa-lib'])
      expect(needed).toContain(library);
    if (kind === 'deb') expect(after('--deb-recommends')).toContain('gnome-keyring | kwalletmanager');
  });

  it('puts the command at /usr/bin/holdfast, and the app beside it under another name', () => {
    expect(words().find((word) => word.endsWith('=/opt/Holdfast'))).toMatch(/linux-unpacked\/=/);
    const command =
      words()
        .find((word) => word.endsWith('=/usr/bin/holdfast'))
        ?.split('=')[0] ?? '';
    const text = readFileSync(join(root, command), 'utf8');
    accessSync(join(root, command), constants.X_OK);
    run('/bin/sh', ['-n', join(root, command)]);
    // The file it starts is one that is installed.
    const target = /exec (\/opt\/Holdfast\/(\S+))/.exec(text)?.[2] ?? 'none';
    expect(existsSync(join(folder.path, 'out-linux', 'linux-unpacked', target))).toBe(true);
    const install = read('after-install');
    expect(install).toContain("'/usr/bin/holdfast-desktop'");
    expect(install).not.toMatch(/\/usr\/bin\/holdfast(?!-desktop)/);
    for (const script of ['after-install', 'after-remove']) run('/bin/bash', ['-n', join(seen, kind, script)]);
    expect(readdirSync(join(root, 'packaging', 'linux'))).toEqual(['holdfast']);
  });

  it('can be made: shell scripts of the package are sound', () => {
    const checker = spawnSync('shellcheck', ['--version']);
    if (checker.status !== 0) return;
    run('shellcheck', [join(root, 'packaging/bin/holdfast'), join(root, 'packaging/linux/holdfast')]);
  });
});
