import type { ProviderAccount } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import { ofCompany, type WhopContext } from './context.js';
import { checkProduct, needsCheck } from './products.js';

/** One read that needs the key and the company to go together; and the product, when one is configured anew. */
export async function verifyAccount(ctx: WhopContext): Promise<ProviderAccount> {
  try {
    await ctx.whop.peek('/invoices', { ...ofCompany(ctx), first: 1 });
  } catch (error) {
    throw namingField(error);
  }
  const settings =
    ctx.productId !== undefined && needsCheck(ctx)
      ? (await checkProduct(ctx, ctx.productId))?.settings
      : undefined;
  return { accountId: ctx.companyId, livemode: undefined, ...(settings === undefined ? {} : { settings }) };
}

/** A key that nobody knows is 401. With one that is known, 403 and 404 speak of the company; a date that is not known is 400. */
function namingField(error: unknown): unknown {
  if (
    error instanceof ProviderError &&
    error.httpStatus === 400 &&
    /version/i.test(`${error.code} ${error.message}`)
  )
    return new ProviderError('invalid', error.message, {
      code: error.code,
      param: 'api_version_date',
      httpStatus: error.httpStatus,
    });
  if (!(error instanceof ProviderError) || (error.httpStatus !== 403 && error.httpStatus !== 404))
    return error;
  return new ProviderError('auth', error.message, {
    code: error.code,
    param: 'company_id',
    httpStatus: error.httpStatus,
    ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
  });
}
