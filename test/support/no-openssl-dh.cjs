// Loaded into every thread of a test's engine with NODE_OPTIONS=--require: Node's own Diffie-Hellman, slow on BoringSSL, must not be used.
const crypto = require('node:crypto');
for (const name of ['createDiffieHellman', 'createDiffieHellmanGroup', 'getDiffieHellman'])
  crypto[name] = () => {
    throw new Error(`${name} was called`);
  };
require('node:module').syncBuiltinESMExports();
