import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { thirdParty } from '../../../src/renderer/features/pages/third-party.ts';

interface Package {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly license?: string;
  readonly licenses?: readonly { readonly type: string }[];
}

function packageAt(folder: string): Package {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Package;
}

it('the page about the program names all that ships with it, under its licence', () => {
  const names = thirdParty.map(([name]) => name);
  // What the windows are made with is bundled, and no dependency of the package.
  const shipped = [...Object.keys(packageAt('.').dependencies ?? {}), 'electron', 'react', 'react-dom', 'zustand'];
  expect([...names].sort()).toEqual(shipped.sort());
  for (const [name, licence] of thirdParty) {
    const { license, licenses } = packageAt(`node_modules/${name}`);
    expect([name, license ?? licenses?.[0]?.type]).toEqual([name, licence]);
  }
});
