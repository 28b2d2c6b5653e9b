import type { Ctx } from '../../platform/context.js';
import type { GrantApplications } from '../../wallets/grant-applications.service.js';
import {
  toCreditGrantApplicationResponse,
  type ListCreditGrantApplicationsResponse,
} from './credit-grants.responses.js';

/** The next application of each grant of the subscriptions, earliest first. */
export async function upcomingGrants(
  ctx: Ctx,
  applications: GrantApplications,
  subscriptionIds: readonly string[],
): Promise<ListCreditGrantApplicationsResponse> {
  const items = (await applications.upcoming(ctx, subscriptionIds)).map(toCreditGrantApplicationResponse);
  return { items, pagination: { total: items.length, limit: items.length, offset: 0 } };
}
