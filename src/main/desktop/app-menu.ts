import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { DesktopTexts } from '../../shared/i18n/desktop-en.ts';

export interface MenuActions {
  readonly openPage: (page: string) => void;
  readonly quit: () => void;
}

/** The menu of the app. macOS needs it for copy and paste in every field; elsewhere its keys work and the bar stays hidden. */
export function setApplicationMenu(texts: DesktopTexts, actions: MenuActions, devTools: boolean): void {
  const { menu, tray } = texts;
  const mac = process.platform === 'darwin';
  const settings: MenuItemConstructorOptions = {
    label: tray.settings,
    accelerator: 'CommandOrControl+,',
    click: () => actions.openPage('settings'),
  };
  const quit: MenuItemConstructorOptions = {
    label: menu.quit,
    accelerator: 'CommandOrControl+Q',
    click: () => actions.quit(),
  };
  const template: MenuItemConstructorOptions[] = [
    ...(mac
      ? [{ label: texts.app, submenu: [settings, { type: 'separator' as const }, { role: 'hide' as const }, quit] }]
      : []),
    {
      label: menu.file,
      submenu: [
        { label: menu.newTunnel, accelerator: 'CommandOrControl+N', click: () => actions.openPage('new') },
        { label: menu.close, role: 'close' },
        ...(mac ? [] : [settings, quit]),
      ],
    },
    { label: menu.edit, role: 'editMenu' },
    {
      label: menu.view,
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        ...(devTools ? [{ role: 'toggleDevTools' as const }] : []),
      ],
    },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
