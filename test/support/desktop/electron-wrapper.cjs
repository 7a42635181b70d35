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
  on: (channel, listener) => electron.ipcMain.on(channel, listener),
  removeAllListeners: (channel) => electron.ipcMain.removeAllListeners(channel),
};

// For tests that ask which channels the main process listens to: USR2 has it write them to a file, and say so on its console.
if (process.env.HOLDFAST_TEST_CHANNELS)
  process.on('SIGUSR2', () => {
    const channels = [...electron.ipcMain.eventNames(), ...electron.ipcMain._invokeHandlers.keys()];
    require('fs').writeFileSync(process.env.HOLDFAST_TEST_CHANNELS, JSON.stringify(channels));
    const { console: output } = globalThis;
    output.warn('The channels were listed', { count: channels.length });
    process.emitWarning('A warning of Node');
  });

// child-process-gone (10+).
electron.app.on('gpu-process-crashed', (event, killed) =>
  electron.app.emit('child-process-gone', event, { type: 'GPU', reason: killed ? 'killed' : 'crashed' }),
);
electron.app.on('session-created', (session) => {
  if (!('setDevicePermissionHandler' in session)) session.setDevicePermissionHandler = () => {};
});
electron.app.on('web-contents-created', (_event, contents) => {
  // The details of console-message are in its event (35+).
  contents.prependListener('console-message', (event, level, message, lineNumber, sourceId) =>
    Object.assign(event, { level: ['debug', 'info', 'warning', 'error'][level], message, lineNumber, sourceId }),
  );
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
