import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('src/renderer', import.meta.url));
const pages = ['index.html', 'prompts.html'].map((page) => join(root, page));

/** The renderer: one page for the window and the panel, one for prompt windows. Relative addresses, no inline code (strict CSP). */
export default defineConfig({
  root,
  base: './',
  plugins: [react()],
  build: {
    outDir: '../../out/renderer',
    emptyOutDir: true,
    target: 'chrome140',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: pages },
  },
});
