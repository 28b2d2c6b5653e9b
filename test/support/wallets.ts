import type { ApiClient } from './api-client.js';

/** A wallet with so much in it, in US dollars, one to a credit. */
export async function walletWith(
  api: ApiClient,
  customerId: string,
  credits: string,
  type: 'PRE_PAID' | 'POST_PAID' = 'PRE_PAID',
): Promise<any> {
  const wallet = await api.post('/wallets', { customer_id: customerId, currency: 'usd', wallet_type: type });
  await api.post(`/wallets/${wallet.id}/top-up`, {
    credits_to_add: credits,
    transaction_reason: 'FREE_CREDIT_GRANT',
  });
  return wallet;
}

/** What has come into the customer's prepaid wallet for a reason, the oldest first: amount and what it refers to. */
export async function creditedTo(api: ApiClient, customerId: string, reason: string): Promise<string[][]> {
  const wallets: any[] = await api.get(`/customers/${customerId}/wallets`);
  const prepaid = wallets.find((one) => one.wallet_type === 'PRE_PAID');
  if (prepaid === undefined) return [];
  const { items } = await api.get(`/wallets/${prepaid.id}/transactions?limit=100`);
  return items
    .filter((one: any) => one.transaction_reason === reason)
    .map((one: any) => [one.credit_amount, one.reference_id])
    .reverse();
}
