// For `node --import`: a process of its own that runs the sources.
import { register } from 'node:module';

register('./ts-loader.mjs', import.meta.url);
