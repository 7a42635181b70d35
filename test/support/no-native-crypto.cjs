// Loaded into every thread of a test's engine with NODE_OPTIONS=--require: ssh2's native crypto cannot be loaded, as if it were made for another runtime.
const extensions = require('node:module')._extensions;
const load = extensions['.node'];
extensions['.node'] = (module, file) => {
  if (file.endsWith('sshcrypto.node')) throw new Error('made for another runtime');
  return load(module, file);
};
