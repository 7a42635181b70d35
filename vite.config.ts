import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const pages = ['index.html', 'prompts.html'].map((page) =>
  fileURLToPath(new URL(`src/renderer/${page}`, import.meta.url)),
);

/** The renderer: one page for the window and the panel, one for prompt windows. Relative addresses, no inline code (strict CSP). */
export default defineConfig({
  root: 'src/renderer',
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
