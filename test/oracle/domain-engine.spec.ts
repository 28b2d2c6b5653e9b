import fc from 'fast-check';
import { billHistory } from './domain-engine.js';
import { histories } from './histories.js';
import { oracle } from './oracle.js';

describe('the engine and the oracle', () => {
  it('agree on every figure of 10,000 random histories', () => {
    fc.assert(
      fc.property(histories, (history) => {
        expect(billHistory(history)).toEqual(oracle(history));
      }),
      { numRuns: 10_000 },
    );
  }, 120_000);
});
