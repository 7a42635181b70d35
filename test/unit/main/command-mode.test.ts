import { expect, test } from 'vitest';
import { commandArguments, commandSwitch } from '../../../src/main/command-mode.ts';

test('the app is the command if the switch stands before `--`, and what is behind is the user’s', () => {
  const words = ['status', '--json', '--', '--command', ''];
  expect(commandArguments(['holdfast-desktop', commandSwitch, '--', ...words])).toEqual(words);
  expect(commandArguments(['holdfast-desktop', '--no-sandbox', commandSwitch, '--x', '--'])).toEqual([]);
});

test('otherwise it is the desktop', () => {
  for (const argv of [
    ['holdfast-desktop'],
    ['holdfast-desktop', '--hidden', '--config=/x'],
    // Without the end of the switches Chromium would have read the user's words.
    ['holdfast-desktop', commandSwitch, 'status'],
    ['holdfast-desktop', '--', commandSwitch],
    ['holdfast-desktop', 'x', '--', commandSwitch, '--', 'status'],
    [commandSwitch, '--', 'status'],
  ])
    expect(commandArguments(argv)).toBeNull();
});
