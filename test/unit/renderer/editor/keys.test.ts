import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../../../src/main/engine/config/schema-json.ts';
import { hostDefaults, hostFields } from '../../../../src/renderer/features/editor/host-draft.ts';
import { tunnelMoreDefaults, tunnelMoreFields } from '../../../../src/renderer/features/editor/tunnel-draft.ts';
import { fileSettings } from '../../../../src/renderer/features/pages/file-settings.ts';
import { editorDe } from '../../../../src/shared/i18n/editor-de.ts';
import { editorEn } from '../../../../src/shared/i18n/editor-en.ts';
import { pagesDe } from '../../../../src/shared/i18n/pages-de.ts';
import { pagesEn } from '../../../../src/shared/i18n/pages-en.ts';

interface Section {
  readonly properties: Readonly<Record<string, { readonly default?: string | number | boolean | readonly string[] }>>;
}
const schema = JSON.parse(configJsonSchema()) as {
  readonly properties: {
    readonly hosts: { readonly additionalProperties: Section };
    readonly tunnels: { readonly additionalProperties: Section };
    readonly settings: Section;
  };
};
const { hosts, tunnels, settings } = schema.properties;
const keysOf = (section: Section): string[] => Object.keys(section.properties).sort();

describe('the forms', () => {
  it('have every key of a host, with words in both languages', () => {
    const keys = hostFields.map(({ key }) => key).sort();
    expect(keys).toEqual(keysOf(hosts.additionalProperties));
    for (const texts of [editorEn, editorDe])
      expect(keys.filter((key) => texts.hostKeys[key] === undefined)).toEqual([]);
  });

  it('have every key of a tunnel', () => {
    const plain = ['host', 'group', 'start', 'interactive', 'production', 'park', 'forwards'];
    const more = tunnelMoreFields.map(({ key }) => key);
    expect([...plain, ...more].sort()).toEqual(keysOf(tunnels.additionalProperties));
    for (const texts of [editorEn, editorDe])
      expect(more.filter((key) => texts.tunnelKeys[key] === undefined)).toEqual([]);
  });

  it('have every setting, with words in both languages', () => {
    const keys = Object.values(fileSettings)
      .flat()
      .map(({ key }) => key)
      .sort();
    expect(keys).toEqual(keysOf(settings));
    for (const texts of [pagesEn, pagesDe])
      expect(keys.filter((key) => texts.settings.items[key] === undefined)).toEqual([]);
  });

  it('show the defaults that the file has', () => {
    const differing = (shown: Readonly<Record<string, string>>, section: Section): string[] =>
      Object.entries(shown).flatMap(([key, text]) => {
        const fallback = section.properties[key]?.default;
        return fallback === undefined || String(fallback) === text ? [] : [`${key}: ${text}, not ${String(fallback)}`];
      });
    expect(differing(hostDefaults, hosts.additionalProperties)).toEqual([]);
    expect(differing(tunnelMoreDefaults, tunnels.additionalProperties)).toEqual([]);
    const fallbacks = Object.fromEntries(
      Object.values(fileSettings)
        .flat()
        .flatMap(({ key, fallback }) => (fallback === '' ? [] : [[key, fallback] as const])),
    );
    expect(differing(fallbacks, settings)).toEqual([]);
  });
});
