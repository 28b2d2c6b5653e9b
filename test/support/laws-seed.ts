import fc from 'fast-check';

/**
 * Property tests draw the same examples in every run, so that a change is judged by what it changed and not by the draw.
 * `npm run test:laws` draws new ones (LAWS_SEED=random, or the seed that a failure printed).
 */
const { LAWS_SEED } = process.env;
if (LAWS_SEED !== 'random') fc.configureGlobal({ seed: Number(LAWS_SEED ?? 20261121) });
