import { defineConfig } from 'vite';

/** What src/app/console.ts puts a new value in place of, at each answer. */
const NONCE_PLACEHOLDER = '__CSP_NONCE__';

export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  html: { cspNonce: NONCE_PLACEHOLDER },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    // A data: URL for a small file would need more in the content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // Nearly all of it is React and the component library; test/console holds its compressed size.
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      onwarn(warning, warn) {
        // The component library marks its files for servers that render; nothing is rendered by one here.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  // `npm run console:dev`: pages from the sources, the API from a server that runs already.
  server: { proxy: { '/v1': process.env.CONSOLE_API_URL ?? 'http://127.0.0.1:3000' } },
});
