// What the tests need beside Node, by Debian package: real servers and clients. Everything runs on 127.0.0.1.
import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * `program`: must be in PATH or among the system's programs. `library`: a file in the system's library folders. `file`: at this place.
 * `without`: what is skipped without it; nothing at all is tested without the others.
 */
export const testPackages = [
  { package: 'openssh-server', program: 'sshd' },
  { package: 'openssh-client', program: 'ssh' },
  { package: 'openssl', program: 'openssl' },
  { package: 'dropbear-bin', program: 'dropbear' },
  // Gives dropbear a user database of its own.
  { package: 'libnss-wrapper', library: 'libnss_wrapper.so' },
  // One-time codes and passwords behind a real sshd; the second one is for sshds of ordinary users.
  { package: 'libpam-oath', library: 'security/pam_oath.so', without: 'logins with codes and passwords' },
  { package: 'libpam-wrapper', library: 'libpam_wrapper.so', without: 'logins with codes and passwords' },
  { package: 'autossh', program: 'autossh' },
  { package: 'putty-tools', program: 'puttygen' },
  { package: 'netcat-openbsd', program: 'nc' },
  { package: 'curl', program: 'curl' },
  { package: 'socat', program: 'socat' },
  { package: 'python3', program: 'python3' },
  { package: 'gnome-keyring', program: 'gnome-keyring-daemon' },
  { package: 'libsecret-1-0', library: 'libsecret-1.so.0' },
  { package: 'dbus', program: 'dbus-run-session' },
  { package: 'libglib2.0-bin', program: 'gdbus' },
  // A wall clock that jumps, for one process.
  { package: 'libfaketime', library: 'faketime/libfaketimeMT.so.1' },
  { package: 'procps', program: 'ps' },
  // The shells that complete the command.
  { package: 'zsh', program: 'zsh' },
  { package: 'fish', program: 'fish' },
  // The panel and the window, as a browser shows them.
  { package: 'chromium', program: 'chromium' },
  // script(1), setpriv(1) and the like; every Debian has them.
  { package: 'bsdutils', program: 'script' },
  { package: 'util-linux', program: 'setpriv' },
  { package: 'mount', program: 'mount' },
  { package: 'coreutils', program: 'mkfifo' },
];

/** What the suites in a real Electron need beside it: a desktop without a screen. */
export const desktopPackages = [
  { package: 'xvfb', program: 'Xvfb' },
  { package: 'xfwm4', program: 'xfwm4' },
  { package: 'xfce4-panel', program: 'xfce4-panel' },
  { package: 'xfce4-notifyd', program: 'xfce4-notifyd-config' },
  { package: 'xfconf', program: 'xfconf-query' },
  { package: 'xdotool', program: 'xdotool' },
  { package: 'python3-dbusmock', file: '/usr/lib/python3/dist-packages/dbusmock/__init__.py' },
  { package: 'python3-pip', program: 'pip3' },
  { package: 'unzip', program: 'unzip' },
  { package: 'libayatana-appindicator3-1', library: 'libayatana-appindicator3.so.1' },
  { package: 'libgtk-3-0', library: 'libgtk-3.so.0' },
  { package: 'libnss3', library: 'libnss3.so' },
  { package: 'libxss1', library: 'libXss.so.1' },
  { package: 'libasound2', library: 'libasound.so.2' },
  { package: 'libgbm1', library: 'libgbm.so.1' },
  { package: 'libnotify4', library: 'libnotify.so.4' },
  { package: 'desktop-file-utils', program: 'desktop-file-validate' },
  { package: 'adwaita-icon-theme', file: '/usr/share/icons/Adwaita/index.theme' },
];

/** What runs Node and Electron for Windows. Not every Debian has it. */
export const winePackages = [
  { package: 'wine', program: 'wine', without: 'the suites under Wine' },
  { package: 'wine64', file: '/usr/lib/wine/wine64', without: 'the suites under Wine' },
];

const programFolders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];

function hasProgram(name) {
  return programFolders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

function hasLibrary(name) {
  const folders = ['/usr/lib', '/lib', '/usr/lib64', '/lib64', '/usr/local/lib'];
  for (const root of ['/usr/lib', '/lib'])
    if (existsSync(root))
      folders.push(
        ...readdirSync(root)
          .filter((f) => f.includes('-linux-'))
          .map((f) => join(root, f)),
      );
  return folders.some((folder) => existsSync(join(folder, name)));
}

function isThere({ program, library, file }) {
  if (program) return hasProgram(program);
  return library ? hasLibrary(library) : existsSync(file);
}

const isRoot = process.getuid?.() === 0;

/** The packages of the list that are not there. */
export function missingPackages(packages = testPackages) {
  return packages.filter((item) => !isThere(item));
}

/**
 * Installs what is missing where it may, else says what is missing, what that costs, and how to get it. Returns false if nothing can be tested without
 * what stays missing.
 */
export function ensurePackages(packages = testPackages) {
  if (process.platform !== 'linux') {
    console.error(
      'The whole test run needs Linux: it runs real sshd, dropbear, PAM and a keyring. Single suites: npx vitest run --project unit',
    );
    return false;
  }
  let missing = missingPackages(packages);
  if (missing.length > 0 && isRoot && existsSync('/etc/debian_version')) {
    const names = missing.map((item) => item.package);
    console.log(`installing for the tests: ${names.join(' ')}`);
    installDebian(names);
    missing = missingPackages(packages);
  }
  for (const line of missingLines(missing)) console.error(line);
  return missing.every(({ without }) => without !== undefined);
}

/** What is missing and how to get it, a line each. */
export function missingLines(missing) {
  if (missing.length === 0) return [];
  const names = missing.map((item) => item.package).join(' ');
  return [
    'The tests need what is not installed here:',
    ...missing.map(
      (item) =>
        `  ${item.program ?? item.library ?? item.file}  (Debian package ${item.package}; without it ${item.without === undefined ? 'nothing is tested' : `these are skipped: ${item.without}`})`,
    ),
    `On Debian or Ubuntu: sudo apt-get install --no-install-recommends ${names}`,
  ];
}

/** Where Chromium's sandbox cannot be on for want of namespaces: what to do; null: it can. `user`: who would run it; null: whoever this is. */
export function namespacesHint(user) {
  const line = ['unshare', '--user', '--map-root-user', '--pid', '--net', '--fork', 'true'];
  const [program, ...args] =
    user === null ? line : ['setpriv', `--reuid=${user}`, '--clear-groups', '--regid=65534', '--', ...line];
  if (spawnSync(program, args, { cwd: '/' }).status === 0) return null;
  return [
    "Ordinary users may make no namespaces here, so Electron's tests run without Chromium's sandbox unless its helper belongs to root. To allow it:",
    '  sudo sysctl -w kernel.unprivileged_userns_clone=1            (Debian)',
    '  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0  (Ubuntu)',
  ].join('\n');
}

function installDebian(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) =>
    spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  // openssh-server would start a server for the whole machine; the tests start their own.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n');
    chmodSync(policy, 0o755);
  }
  try {
    apt('update');
    apt('install', '-y', '--no-install-recommends', ...names);
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}
