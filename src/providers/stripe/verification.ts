import type { ProviderAccount } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { StripeContext } from './context.js';
import { told } from './errors.js';

/** A test key opens the test side of an account; which side a key is for is written in it. */
const modeOf = (key: string): boolean | undefined => {
  const mode = /^(?:sk|rk|pk)_(live|test)_/.exec(key)?.[1];
  return mode === undefined ? undefined : mode === 'live';
};

export async function verifyAccount(
  ctx: StripeContext,
  credentials: Readonly<Record<string, string>>,
): Promise<ProviderAccount> {
  const livemode = modeOf(credentials.secret_key ?? '');
  const published = modeOf(credentials.publishable_key ?? '');
  if (published !== undefined && published !== livemode)
    throw new ProviderError('invalid', 'the publishable key and the secret key are of different modes', {
      code: 'livemode_mismatch',
      param: 'publishable_key',
    });
  return { accountId: await accountIdOf(ctx), livemode };
}

/** A restricted key is often not allowed to read its account; what we need it for is to read invoices. */
async function accountIdOf(ctx: StripeContext): Promise<string | undefined> {
  try {
    return (await told(ctx.stripe.accounts.retrieveCurrent())).id;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.httpStatus !== 403) throw error;
    await told(ctx.stripe.invoices.list({ limit: 1 }));
    return undefined;
  }
}
