import { useState } from 'react';
import { useBridge } from '../../bridge.ts';
import { applyTheme, isTheme, storedTheme, storeTheme, type Theme } from '../../ui/theme.ts';
import { matches } from './matches.ts';
import { ChoiceItem, SwitchItem } from './setting-item.tsx';
import { usePageTexts } from './texts.ts';
import { useDesktopState } from './use-desktop-state.ts';

/** What the app itself keeps: not in the file, for it is of this machine alone. */
export function AppSettings({ find }: { find: string }) {
  const texts = usePageTexts().settings;
  const bridge = useBridge();
  const { state, problem, change } = useDesktopState();
  const [panelTheme, setPanelTheme] = useState<Theme>(storedTheme);
  const isShown = (key: string): boolean => {
    const item = texts.items[key];
    return matches(find, [key, item?.label, item?.hint, texts.sections.app]);
  };
  const item = (key: string) => ({
    label: texts.items[key]?.label ?? key,
    hint: texts.items[key]?.hint ?? '',
    keyText: texts.appOnly,
  });
  const theme = bridge.desktop === null ? panelTheme : isTheme(state?.theme) ? state.theme : 'system';
  const setTheme = (value: string): void => {
    if (!isTheme(value)) return;
    if (bridge.desktop === null) {
      storeTheme(value);
      setPanelTheme(value);
      return;
    }
    applyTheme(value);
    change('desktop.set', { theme: value });
  };
  return (
    <>
      {isShown('theme') ? (
        <ChoiceItem
          {...item('theme')}
          value={theme}
          choices={['system', 'light', 'dark'].map((value) => ({ value, label: texts.choices[value] ?? value }))}
          onChange={setTheme}
        />
      ) : null}
      {state !== null && isShown('loginStart') ? (
        <SwitchItem
          {...item('loginStart')}
          hint={state.loginStart.note ?? item('loginStart').hint}
          problem={problem}
          checked={state.loginStart.enabled}
          disabled={!state.loginStart.possible}
          onChange={(enabled) => change('desktop.set-login-start', { enabled })}
        />
      ) : null}
      {state !== null && isShown('notifications') ? (
        <SwitchItem
          {...item('notifications')}
          checked={state.notifications}
          onChange={(notifications) => change('desktop.set', { notifications })}
        />
      ) : null}
      {state !== null && isShown('closeToTray') ? (
        <SwitchItem
          {...item('closeToTray')}
          hint={state.tray ? item('closeToTray').hint : texts.noTray}
          checked={state.closeToTray}
          disabled={!state.tray}
          onChange={(closeToTray) => change('desktop.set', { closeToTray })}
        />
      ) : null}
      {state !== null && isShown('lockWithScreen') ? (
        <SwitchItem
          {...item('lockWithScreen')}
          checked={state.lockWithScreen}
          onChange={(lockWithScreen) => change('desktop.set', { lockWithScreen })}
        />
      ) : null}
    </>
  );
}
