/** Parts of ssh2 1.17.0 that @types/ssh2 does not know. Imported by ssh2-seam.ts and algorithms.ts alone. */
declare module 'ssh2/lib/protocol/crypto.js' {
  const crypto: { readonly bindingAvailable: boolean };
  // oxlint-disable-next-line import/no-default-export -- the shape of the CommonJS module
  export default crypto;
}

declare module 'ssh2/lib/protocol/constants.js' {
  const constants: {
    readonly SUPPORTED_KEX: readonly string[];
    readonly SUPPORTED_SERVER_HOST_KEY: readonly string[];
    readonly SUPPORTED_CIPHER: readonly string[];
    readonly SUPPORTED_MAC: readonly string[];
    readonly SUPPORTED_COMPRESSION: readonly string[];
  };
  // oxlint-disable-next-line import/no-default-export -- the shape of the CommonJS module
  export default constants;
}
