// What Node 12.14 (in the test Electron 9) lacks and the engine uses. Tests only.
require('core-js/stable');
const crypto = require('crypto');
const events = require('events');
const fs = require('fs');
const net = require('net');
const util = require('util');

if (!util.styleText) util.styleText = (_format, text) => text;
if (!globalThis.performance) globalThis.performance = require('perf_hooks').performance;

if (!globalThis.AbortController) {
  class AbortSignal {
    constructor() {
      this.aborted = false;
      this.reason = undefined;
      this.onabort = null;
      this.emitter = new events.EventEmitter();
      this.emitter.setMaxListeners(0);
    }
    addEventListener(type, listener, options) {
      const call = typeof listener === 'function' ? listener : (event) => listener.handleEvent(event);
      if (options && options.once) this.emitter.once(type, call);
      else this.emitter.on(type, call);
      listener.__call = call;
    }
    removeEventListener(type, listener) {
      this.emitter.removeListener(type, listener.__call || listener);
    }
    throwIfAborted() {
      if (this.aborted) throw this.reason;
    }
    static abort(reason) {
      const controller = new AbortController();
      controller.abort(reason);
      return controller.signal;
    }
    static timeout(ms) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(Object.assign(new Error('timed out'), { name: 'TimeoutError' })), ms).unref();
      return controller.signal;
    }
    static any(signals) {
      const controller = new AbortController();
      for (const signal of signals) {
        if (signal.aborted) controller.abort(signal.reason);
        else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
      }
      return controller.signal;
    }
  }
  class AbortController {
    constructor() {
      this.signal = new AbortSignal();
    }
    abort(reason) {
      const { signal } = this;
      if (signal.aborted) return;
      signal.aborted = true;
      signal.reason = reason === undefined ? Object.assign(new Error('aborted'), { name: 'AbortError' }) : reason;
      const event = { type: 'abort', target: signal };
      if (signal.onabort) signal.onabort(event);
      signal.emitter.emit('abort', event);
    }
  }
  globalThis.AbortController = AbortController;
  globalThis.AbortSignal = AbortSignal;
}

if (!crypto.randomUUID)
  crypto.randomUUID = () =>
    crypto
      .randomBytes(16)
      .toString('hex')
      .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5');

// As much of Web Crypto as the mutual proof uses: HMAC-SHA-256.
if (!crypto.webcrypto) {
  const hmac = (key, data) => crypto.createHmac('sha256', key).update(data).digest();
  crypto.webcrypto = {
    getRandomValues: (bytes) => crypto.randomFillSync(bytes),
    subtle: {
      importKey: async (_format, key) => Buffer.from(key),
      sign: async (_algorithm, key, data) => Uint8Array.from(hmac(key, data)).buffer,
      verify: async (_algorithm, key, signature, data) =>
        crypto.timingSafeEqual(Buffer.from(signature), hmac(key, data)),
    },
  };
}

// rm(path, { recursive, force }) on top of what there is.
if (!fs.rmSync) {
  fs.rmSync = (path, options = {}) => {
    try {
      if (options.recursive && fs.lstatSync(path).isDirectory()) fs.rmdirSync(path, { recursive: true });
      else fs.unlinkSync(path);
    } catch (error) {
      if (!(options.force && error.code === 'ENOENT')) throw error;
    }
  };
  fs.promises.rm = async (path, options) => fs.rmSync(path, options);
}

if (!net.Socket.prototype.resetAndDestroy)
  net.Socket.prototype.resetAndDestroy = function resetAndDestroy() {
    return this.destroy();
  };
if (!util.stripVTControlCharacters)
  util.stripVTControlCharacters = (text) => text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '');
if (!util.parseArgs) util.parseArgs = require('@pkgjs/parseargs').parseArgs;
if (!events.setMaxListeners) events.setMaxListeners = () => {};

// Worker threads read no archives before Electron 18: theirs lie beside it.
const threads = require('worker_threads');
const PlainWorker = threads.Worker;
threads.Worker = class Worker extends PlainWorker {
  constructor(file, options) {
    super(typeof file === 'string' ? file.replace(/\.asar([\\/])/, '.asar.unpacked$1') : file, options);
  }
};

// Buffer's and hashes' base64url.
const plainToString = Buffer.prototype.toString;
Buffer.prototype.toString = function toString(encoding, ...rest) {
  if (encoding !== 'base64url') return plainToString.call(this, encoding, ...rest);
  return plainToString.call(this, 'base64').replace(/=+$/, '').replace(/\+/g, '-').replace(/\//g, '_');
};
const plainFrom = Buffer.from.bind(Buffer);
Buffer.from = (value, encoding, ...rest) =>
  encoding === 'base64url'
    ? plainFrom(value.replace(/-/g, '+').replace(/_/g, '/'), 'base64')
    : plainFrom(value, encoding, ...rest);

// KeyObject.export({ format: 'jwk' }) of public keys.
const { publicKey } = crypto.generateKeyPairSync('ed25519');
const keyPrototype = Object.getPrototypeOf(publicKey);
const plainExport = keyPrototype.export;
keyPrototype.export = function exportKey(options) {
  if (!options || options.format !== 'jwk') return plainExport.call(this, options);
  const spki = plainExport.call(this, { type: 'spki', format: 'der' });
  const url = (bytes) => bytes.toString('base64url');
  switch (this.asymmetricKeyType) {
    case 'ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: url(spki.slice(-32)) };
    case 'ec': {
      const size = spki.length > 140 ? 66 : spki.length > 100 ? 48 : 32;
      const crv = { 32: 'P-256', 48: 'P-384', 66: 'P-521' }[size];
      return { kty: 'EC', crv, x: url(spki.slice(-2 * size, -size)), y: url(spki.slice(-size)) };
    }
    case 'rsa': {
      const der = plainExport.call(this, { type: 'pkcs1', format: 'der' });
      let at = 0;
      const head = () => {
        at += 1;
        let length = der[at++];
        if (length > 127) {
          let bytes = length & 127;
          length = 0;
          while (bytes-- > 0) length = length * 256 + der[at++];
        }
        return length;
      };
      const number = () => {
        const length = head();
        const value = der.slice(at, at + length);
        at += length;
        return value[0] === 0 ? value.slice(1) : value;
      };
      head();
      const n = number();
      return { kty: 'RSA', n: url(n), e: url(number()) };
    }
    default:
      throw new Error(`no jwk of ${this.asymmetricKeyType}`);
  }
};

// createPrivateKey and createPublicKey of a jwk: Ed25519 and RSA, which is what the tests log in with.
const der = (tag, ...parts) => {
  const body = Buffer.concat(parts);
  const size =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const integer = (text) => {
  const bytes = Buffer.from(text, 'base64url');
  return der(2, bytes[0] > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
};
for (const name of ['createPrivateKey', 'createPublicKey']) {
  const plain = crypto[name];
  crypto[name] = (input) => {
    if (!input || input.format !== 'jwk') return plain(input);
    const jwk = input.key;
    const secret = name === 'createPrivateKey';
    if (jwk.kty === 'OKP') {
      const head = secret ? '302e020100300506032b657004220420' : '302a300506032b6570032100';
      const key = Buffer.concat([Buffer.from(head, 'hex'), Buffer.from(secret ? jwk.d : jwk.x, 'base64url')]);
      return plain({ key, format: 'der', type: secret ? 'pkcs8' : 'spki' });
    }
    if (jwk.kty === 'RSA') {
      const fields = secret ? ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] : ['n', 'e'];
      const version = secret ? [der(2, Buffer.from([0]))] : [];
      const key = der(0x30, ...version, ...fields.map((field) => integer(jwk[field])));
      return plain({ key, format: 'der', type: 'pkcs1' });
    }
    throw new Error(`no jwk of ${jwk.kty} here`);
  };
}

// sign and verify with a callback (15.12+).
for (const name of ['sign', 'verify']) {
  const plain = crypto[name];
  crypto[name] = (...args) => {
    if (typeof args[args.length - 1] !== 'function') return plain(...args);
    const callback = args.pop();
    let result;
    try {
      result = plain(...args);
    } catch (error) {
      process.nextTick(callback, error);
      return undefined;
    }
    process.nextTick(callback, null, result);
    return undefined;
  };
}
