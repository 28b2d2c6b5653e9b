import type { Connection } from '../../connections/connections.types.js';
import type { ReportedAdjustments } from '../../payments/remote-adjustments.service.js';
import type { RemoteAdjustment, RemoteInvoice } from '../../providers/provider-objects.js';

/**
 * A provider's adjustments in the words of the books. What may be the echo of our own mark counts for nothing once we
 * have begun to mark; what was given up there counts where the connection takes over how invoices end.
 */
export function toldAdjustments(
  connection: Connection,
  invoiceId: string,
  remote: RemoteInvoice,
  { haveMarked, replaced }: { readonly haveMarked: boolean; readonly replaced: readonly string[] },
): ReportedAdjustments {
  const counted = remote.adjustments.filter(
    ({ kind }) => kind !== 'WRITE_OFF' || connection.syncConfig.invoice.inbound,
  );
  return {
    invoiceId,
    connectionId: connection.id,
    provider: connection.provider,
    replaced,
    adjustments: counted.map((one) => ({
      gatewayAdjustmentId: one.remoteId,
      gatewayInvoiceId: remote.remoteId,
      kind: one.kind,
      amount: one.amount,
      released: one.released || (one.mayBeOurs === true && haveMarked),
      settlesRest: one.settlesRest === true,
      varies: one.varies === true,
      givenBack: (one.givenBack ?? []).map(({ remoteId, amount }) => ({
        reference: remoteId,
        amount: amount.amount.toString(),
      })),
      reason: one.reason,
      occurredAt: one.at,
    })),
    returns: counted.flatMap(returnsOf),
  };
}

const returnsOf = ({ givenBack = [], released }: RemoteAdjustment): ReportedAdjustments['returns'] =>
  released
    ? []
    : givenBack.flatMap(({ remoteId, by, amount }) =>
        by === 'refund'
          ? []
          : {
              reference: remoteId,
              amount: amount.amount,
              destination: by === 'balance' ? 'PROVIDER_BALANCE' : 'OUTSIDE',
            },
      );
