/** What the program is made with, and under which licence each part comes. */
export const thirdParty: readonly (readonly [name: string, licence: string])[] = [
  ['@noble/ciphers', 'MIT'],
  ['@noble/hashes', 'MIT'],
  ['bcrypt-pbkdf', 'BSD-3-Clause'],
  ['electron', 'MIT'],
  ['electron-log', 'MIT'],
  ['electron-updater', 'MIT'],
  ['get-east-asian-width', 'MIT'],
  ['keytar', 'MIT'],
  ['react', 'MIT'],
  ['react-dom', 'MIT'],
  ['ssh2', 'MIT'],
  ['toml-eslint-parser', 'MIT'],
  ['ws', 'MIT'],
  ['zod', 'MIT'],
  ['zustand', 'MIT'],
];
