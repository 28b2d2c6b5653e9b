import { register } from 'node:module';

register('./ts-loader.mjs', import.meta.url);

export default async function setUp() {
  const { startServices } = await import('./services.ts');
  globalThis.stopTestServices = await startServices();
}
