/** The app's name towards the systems: installers, notifications, autostart and desktop files use it. electron-builder.yml says the same. */
export const appId = 'org.holdfast.Holdfast';
export const desktopFileName = `${appId}.desktop`;
