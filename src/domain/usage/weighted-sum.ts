import { durationMs } from '../period.js';
import { storableQuantity, rate } from '../rate.js';
import type { Aggregator } from './aggregator.js';

/**
 * Every value weighted with the part of the window that came after it: what was set up halfway counts half.
 * Σ value × (end − at) ÷ length.
 */
export const weightedSum: Aggregator = ({ total, moment }, _spec, window) =>
  storableQuantity(
    total
      .times(rate(window.end.getTime()))
      .minus(moment)
      .dividedBy(rate(durationMs(window))),
  );
