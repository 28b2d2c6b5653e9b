import fc from 'fast-check';
import { hasGone, holdsAmount, mergeDisputeStatus, mergeRefundStatus } from './reversal-states.js';

const refund = fc.constantFrom('REQUESTED', 'PENDING', 'SUCCEEDED', 'CANCELED', 'FAILED');
const dispute = fc.constantFrom('INQUIRY', 'INQUIRY_CLOSED', 'OPEN', 'LOST', 'WON');

describe('reports of money that goes back', () => {
  it('end in the same state in any order and however often they come', () => {
    fc.assert(
      fc.property(
        fc.array(refund, { minLength: 1 }),
        fc.array(dispute, { minLength: 1 }),
        (refunds, disputes) => {
          const [shuffledRefunds, shuffledDisputes] = [
            [...refunds, ...refunds],
            [...disputes, ...disputes],
          ];
          shuffledRefunds.reverse();
          shuffledDisputes.reverse();
          expect(shuffledRefunds.reduce(mergeRefundStatus)).toBe(refunds.reduce(mergeRefundStatus));
          expect(shuffledDisputes.reduce(mergeDisputeStatus)).toBe(disputes.reduce(mergeDisputeStatus));
        },
      ),
    );
  });

  it('know a refund that came back from one that arrived', () => {
    expect(mergeRefundStatus('FAILED', 'SUCCEEDED')).toBe('FAILED');
    expect(mergeRefundStatus('PENDING', 'SUCCEEDED')).toBe('SUCCEEDED');
    expect(hasGone('FAILED')).toBe(false);
    expect(holdsAmount('REQUESTED')).toBe(true);
    expect(hasGone('REQUESTED')).toBe(false);
  });

  it('let an inquiry become a dispute, and a dispute no inquiry', () => {
    expect(mergeDisputeStatus('INQUIRY_CLOSED', 'OPEN')).toBe('OPEN');
    expect(mergeDisputeStatus('LOST', 'INQUIRY')).toBe('LOST');
  });
});
