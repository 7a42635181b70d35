// What Electron 9 lacks of the current Electron's interface, for the test build alone. `import … from 'electron'` leads here.
const electron = require('electron');

/** Enough of fetch's Response for protocol.handle. */
function OldResponse(body, { status = 200, headers = {} } = {}) {
  return { body, status, headers };
}
if (typeof Response === 'undefined') globalThis.Response = OldResponse;

/** protocol.handle (25+) over registerBufferProtocol. */
const protocol = Object.create(null, {
  registerSchemesAsPrivileged: { get: () => (schemes) => electron.protocol.registerSchemesAsPrivileged(schemes) },
  handle: {
    value: (scheme, handler) =>
      electron.protocol.registerBufferProtocol(scheme, (request, answer) => {
        Promise.resolve(handler({ url: request.url, method: request.method }))
          .then(({ body, status, headers }) =>
            answer({
              statusCode: status,
              headers,
              mimeType: (headers['Content-Type'] || 'text/plain').split(';')[0],
              charset: 'utf-8',
              data: Buffer.from(body),
            }),
          )
          .catch(() => answer({ error: -2 }));
      }),
  },
});

/** event.senderFrame (13+): here every message comes from a top frame, or from one that is none. */
const ipcMain = {
  handle: (channel, listener) =>
    electron.ipcMain.handle(channel, (event, ...args) => {
      const top =
        event.frameId === undefined || event.frameId === event.sender.mainFrame?.routingId || event.frameId === 1;
      event.senderFrame = { url: event.sender.getURL(), parent: top ? null : {} };
      return listener(event, ...args);
    }),
  removeHandler: (channel) => electron.ipcMain.removeHandler(channel),
};

electron.app.on('session-created', (session) => {
  if (!('setDevicePermissionHandler' in session)) session.setDevicePermissionHandler = () => {};
});
electron.app.on('web-contents-created', (_event, contents) => {
  // setWindowOpenHandler (12+) over `new-window`.
  contents.setWindowOpenHandler = (handler) => {
    contents.on('new-window', (event, url) => {
      if (handler({ url }).action === 'deny') event.preventDefault();
    });
  };
});

// Where there can be no sandbox (root has none), enableSandbox takes `--no-sandbox` back.
if (process.argv.includes('--no-sandbox')) electron.app.enableSandbox = () => {};

module.exports = Object.create(electron, {
  protocol: { value: protocol, enumerable: true },
  ipcMain: { value: ipcMain, enumerable: true },
});
