import { app, type Session, session, type WebContents } from 'electron';
import { pageOrigin } from './page-files.ts';

/** Chromium's switches that hand the pages to whoever connects. */
const debuggerSwitches = ['remote-debugging-port', 'remote-debugging-pipe'];

/** A packed app that was started so that others could steer its pages: it does not go on. Fuses do the same for Node's inspector. */
export function isOpenToDebuggers(): boolean {
  return app.isPackaged && debuggerSwitches.some((name) => app.commandLine.hasSwitch(name));
}

/** An address to which no connection can be made, on any system. */
const deadProxy = 'socks5://255.255.255.255:1';

/** Chromium is to find no address for any name. Tunnels do not ask it: they have Node's resolver. */
const noNames = 'MAP * ~NOTFOUND';

/**
 * Before `ready`: every renderer in a sandbox, whatever a window says, and no name that a page tells is looked up (`dns-prefetch` is no request).
 * An updater finds its feed through Chromium: where it is on, the pages' header alone forbids prefetching.
 */
export function hardenApp({ looksForUpdates }: { looksForUpdates: boolean }): void {
  app.enableSandbox();
  if (!looksForUpdates) app.commandLine.appendSwitch('host-resolver-rules', noNames);
  app.on('web-contents-created', (_event, contents) => hardenContents(contents));
}

/** After `ready`: no page gets any permission, device or download, nor out. Resolves when that holds. */
export async function hardenSession(target: Session = session.defaultSession): Promise<void> {
  target.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  target.setPermissionCheckHandler(() => false);
  target.setDevicePermissionHandler(() => false);
  target.on('will-download', (event) => event.preventDefault());
  // Our pages come from the app's own scheme: nothing may leave over the network, whatever a page tries. Developer tools load themselves.
  target.webRequest.onBeforeRequest((details, answer) => {
    const allowed = details.url.startsWith(`${pageOrigin}/`) || /^(devtools|data|blob):/.test(details.url);
    answer({ cancel: !allowed });
  });
  // Peer connections are no requests. What they send as datagrams is held back by `hardenContents`; the rest goes by a proxy that nobody can be.
  await target.setProxy({ proxyRules: deadProxy, proxyBypassRules: '<-loopback>' });
}

/** No page goes elsewhere, opens a window, or embeds another. */
function hardenContents(contents: WebContents): void {
  const refuse = (event: { preventDefault: () => void }): void => event.preventDefault();
  contents.on('will-navigate', refuse);
  contents.on('will-redirect', refuse);
  contents.on('will-frame-navigate', refuse);
  contents.on('will-attach-webview', refuse);
  // See `hardenSession`.
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}
