import type { ReportedDispute, ReportedRefund } from '../../payments/payment-reversals.service.js';
import type { RemoteDispute, RemoteRefund, RemoteReversals } from '../../providers/provider-objects.js';

const REFUND = {
  pending: 'PENDING',
  succeeded: 'SUCCEEDED',
  failed: 'FAILED',
  canceled: 'CANCELED',
} as const;
const DISPUTE = {
  inquiry: 'INQUIRY',
  inquiry_closed: 'INQUIRY_CLOSED',
  open: 'OPEN',
  won: 'WON',
  lost: 'LOST',
} as const;

export const reportedRefund = (remote: RemoteRefund): ReportedRefund => ({
  gatewayRefundId: remote.remoteId,
  refundId: remote.refundId,
  status: REFUND[remote.status],
  amount: remote.amount,
  reason: remote.reason,
  failure: remote.failure,
});

export const reportedDispute = (remote: RemoteDispute): ReportedDispute => ({
  gatewayDisputeId: remote.remoteId,
  status: DISPUTE[remote.status],
  amount: remote.amount,
  reason: remote.reason,
  answerBy: remote.answerBy,
  openedAt: remote.openedAt,
});

export const reportedReversals = ({
  refunds,
  disputes,
}: RemoteReversals): [readonly ReportedRefund[], readonly ReportedDispute[]] => [
  refunds.map(reportedRefund),
  disputes.map(reportedDispute),
];
