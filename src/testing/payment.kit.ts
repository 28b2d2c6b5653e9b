import type { ChargeRequest, RemoteCheckout } from '../providers/provider-objects.js';
import type { ContractHarness } from './harness.js';
import { bench, dollars, firstTry, payer, present, unique, type Bench } from './kit.js';

export const PAGES = { successUrl: 'https://app.example/done', cancelUrl: 'https://app.example/back' };

export interface Payer {
  readonly on: Bench;
  readonly remoteCustomerId: string;
}

export async function someone(harness: ContractHarness): Promise<Payer> {
  const on = bench(harness);
  const { remoteId } = await payer(harness, on);
  return { on, remoteCustomerId: present(remoteId) };
}

export const chargeOf = ({ remoteCustomerId }: Payer, remotePaymentMethodId?: string): ChargeRequest => ({
  paymentId: unique('pay'),
  invoiceId: undefined,
  remoteCustomerId,
  remotePaymentMethodId,
  amount: dollars(2500n),
  description: 'Top-up',
  saveCardAndMakeDefault: false,
  metadata: {},
});

export const openCheckout =
  (
    harness: ContractHarness,
    { on, remoteCustomerId }: Payer,
    paymentId: string,
    saveCardAndMakeDefault = false,
  ) =>
  (attempt = firstTry(harness)): Promise<RemoteCheckout> =>
    present(on.open().payments).createCheckout(
      {
        paymentId,
        invoiceId: undefined,
        remoteCustomerId,
        amount: dollars(2500n),
        description: 'Top-up',
        ...PAGES,
        saveCardAndMakeDefault,
        expiresAt: undefined,
        metadata: {},
      },
      attempt,
    );
