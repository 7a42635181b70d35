import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { NtExecutable, NtExecutableResource, Resource } from 'resedit';

/**
 * An Electron in name only, for each system: what electron-builder needs of one to pack, so that packing is tested where no Electron can be had. A
 * program of the right format, the mark of the fuses in it, and the files beside it.
 */

export type PackedSystem = 'linux' | 'mac' | 'win';

const require = createRequire(import.meta.url);

/** Fuses as Electron ships them: the mark, version 1, nine of them. */
const fuseWire = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\u0001\u0009101100011';

export function makeFakeElectron(system: PackedSystem, folder: string): void {
  const put = (name: string, content: string | Uint8Array): string => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  const { version } = require('electron/package.json') as { version: string };
  put('version', version);
  put('LICENSE', 'of Electron');
  put('LICENSES.chromium.html', 'of Chromium');
  switch (system) {
    case 'linux': {
      put('locales/en-US.pak', '');
      mkdirSync(join(folder, 'resources'));
      const program = join(folder, 'electron');
      copyFileSync('/bin/true', program);
      appendFileSync(program, fuseWire);
      return;
    }
    case 'win': {
      put('locales/en-US.pak', '');
      mkdirSync(join(folder, 'resources'));
      put('electron.exe', Buffer.concat([emptyProgram(), Buffer.from(fuseWire)]));
      return;
    }
    case 'mac': {
      const app = 'Electron.app/Contents';
      put(`${app}/Info.plist`, plist('Electron', 'com.github.Electron'));
      put(`${app}/MacOS/Electron`, 'program');
      put(`${app}/Resources/electron.icns`, '');
      for (const kind of ['', ' (GPU)', ' (Plugin)', ' (Renderer)']) {
        const helper = `${app}/Frameworks/Electron Helper${kind}.app/Contents`;
        put(`${helper}/Info.plist`, plist(`Electron Helper${kind}`, 'com.github.Electron.helper'));
        put(`${helper}/MacOS/Electron Helper${kind}`, 'helper');
      }
      put(`${app}/Frameworks/Electron Framework.framework/Electron Framework`, `framework${fuseWire}`);
      return;
    }
  }
}

/** A Windows program that does nothing, with the version that electron-builder looks for. */
function emptyProgram(): Buffer {
  const program = NtExecutable.createEmpty(false, false);
  const resources = NtExecutableResource.from(program);
  const info = Resource.VersionInfo.createEmpty();
  info.setFileVersion(1, 0, 0, 0, 1033);
  info.setStringValues({ lang: 1033, codepage: 1200 }, { ProductName: 'Electron', FileDescription: 'Electron' });
  info.outputToResourceEntries(resources.entries);
  resources.outputResource(program);
  return Buffer.from(program.generate());
}

function plist(name: string, identifier: string): string {
  const entries = { CFBundleExecutable: name, CFBundleName: name, CFBundleIdentifier: identifier };
  const lines = Object.entries(entries).map(([key, value]) => `<key>${key}</key><string>${value}</string>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>${lines.join('')}</dict></plist>
`;
}
