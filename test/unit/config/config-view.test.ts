import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConfigEdit } from '../../../src/shared/contract/editing-calls.ts';
import { previewEdits, saveEdits } from '../../../src/main/engine/config/config-edits.ts';
import { viewConfig } from '../../../src/main/engine/config/config-view.ts';
import { parseConfig } from '../../../src/main/engine/config/parse.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function written(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-view-'));
  folders.push(folder);
  const file = join(folder, 'config.toml');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

const text = `# mine
[hosts.box]
address = "box.example.org" # the box
alive-interval = "20s"

[tunnels.db]
host = "box"
forwards = ["local *:5432 -> db:5432", { type = "dynamic", listen = "1080", enabled = false, name = "proxy" }]
`;

describe('the configuration for pages', () => {
  it('gives the keys of the file, with defaults in its own spelling', async () => {
    const file = written(text);
    const parsed = parseConfig(text, { file, user: 'me' });
    if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
    const view = await viewConfig(file, parsed.config, null);
    expect(view.hosts[0]?.values).toEqual({ address: 'box.example.org', 'alive-interval': '20s' });
    expect(view.hosts[0]?.effective).toMatchObject({
      port: 22,
      user: 'me',
      'alive-interval': '20s',
      'connect-timeout': '15s',
      'host-key-policy': 'ask',
    });
    expect(view.tunnels[0]?.effective).toMatchObject({ start: 'login', park: '20s' });
    expect(view.settings).toMatchObject({ values: {}, effective: { 'secret-store': 'keychain' } });
    expect(view.tunnels[0]?.forwards).toMatchObject([
      { kind: 'local', listen: '*:5432', target: 'db:5432', beyondLoopback: true, enabled: true },
      { kind: 'dynamic', listen: '1080', target: null, beyondLoopback: false, enabled: false, name: 'proxy' },
    ]);
    expect(view.readOnlyReason).toBeNull();
    const link = join(file, '..', 'link.toml');
    symlinkSync(file, link);
    expect((await viewConfig(link, parsed.config, null)).readOnlyReason).toBeNull();
    const folder = join(file, '..');
    chmodSync(folder, 0o777);
    expect((await viewConfig(link, parsed.config, null)).readOnlyReason).toContain(`leads to ${file}`);
    chmodSync(folder, 0o700);
  });

  it('edits all or nothing, and keeps comments', async () => {
    const file = written(text);
    const bad = await previewEdits(file, [{ op: 'set', path: ['hosts', 'box', 'prot'], value: 23 }]);
    expect(bad).toMatchObject({
      kind: 'bad',
      problems: [{ key: 'hosts.box.prot', message: expect.stringContaining('port') }],
    });
    const edits: ConfigEdit[] = [
      { op: 'set', path: ['hosts', 'box', 'port'], value: 2222 },
      { op: 'replace-forward', tunnel: 'db', spec: 'local *:5432 -> db:5432', forward: 'local 5433 -> db:5432' },
      { op: 'add-host', name: 'other', values: { address: 'other.example.org' } },
    ];
    expect((await previewEdits(file, [...edits, { op: 'remove-tunnel', name: 'nope' }])).kind).toBe('bad');
    await saveEdits(file, edits);
    const after = readFileSync(file, 'utf8');
    expect(after).toContain('# mine\n');
    expect(after).toContain('# the box');
    expect(after).toContain('port = 2222');
    expect(after).toContain('"local 5433 -> db:5432"');
    expect(after).toContain('[hosts.other]');
  });
});
