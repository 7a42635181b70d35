// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { windowEn } from '../../../src/shared/i18n/window-en.ts';
import type { ShellBridge } from '../../../src/shared/contract/shell-bridge.ts';
import { PageGuard } from '../../../src/renderer/page-guard.tsx';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function Broken(): never {
  throw new Error('no such key');
}

function bridgeWith(desktop: ShellBridge['desktop']): ShellBridge {
  return { desktop } as ShellBridge;
}

describe('a page that cannot be drawn', () => {
  it('says so, and tells the app why', () => {
    // React tells of it as well.
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const told: unknown[] = [];
    const desktop = ((name: string, input: unknown) => {
      told.push([name, input]);
      return Promise.resolve({ ok: true, output: {} });
    }) as unknown as ShellBridge['desktop'];
    render(
      <PageGuard bridge={bridgeWith(desktop)} page="prompts" texts={windowEn}>
        <Broken />
      </PageGuard>,
    );
    expect(screen.getByRole('alert').textContent).toContain('Your tunnels go on');
    expect(told).toEqual([
      ['desktop.page-failed', { page: 'prompts', message: expect.stringContaining('no such key') as string }],
    ]);
  });

  it('is of no concern to one that can', () => {
    render(
      <PageGuard bridge={bridgeWith(null)} page="main" texts={windowEn}>
        <p>all well</p>
      </PageGuard>,
    );
    expect(screen.getByText('all well')).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
  });
});
