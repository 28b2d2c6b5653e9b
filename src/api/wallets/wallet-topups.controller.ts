import { Body, HttpCode, Param, Post } from '@nestjs/common';
import { fieldErrors } from '../../domain/errors.js';
import { rate } from '../../domain/rate.js';
import { topUpQuantity, type TopUpQuantity } from '../../domain/wallets/conversion.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { WalletLedger } from '../../wallets/wallet-ledger.service.js';
import type { TopUp } from '../../wallets/wallet-topups.service.js';
import { TopUpWalletRequest } from './wallets.requests.js';
import { toWalletResponse, toWalletTransactionResponse } from './wallets.responses.js';
import type { Wallet } from '../../wallets/wallets.types.js';
import { assertPayableAmount, WalletInvoicing } from '../../prepaid/wallet-invoicing.service.js';
import { TopUpWalletResponse } from './wallet-topups.responses.js';

/** Topping up may make an invoice: that is why it stands here. */
@ApiController('wallets', 'Wallets')
export class WalletTopUpsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly ledger: WalletLedger,
    private readonly invoicing: WalletInvoicing,
  ) {}

  /** Adds credits at once or, with `PURCHASED_CREDIT_INVOICED`, when the invoice that it creates is paid. */
  @Post(':id/top-up')
  @HttpCode(200)
  topUp(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: TopUpWalletRequest,
  ): Promise<TopUpWalletResponse> {
    return this.uow.run(caller, async (ctx) => {
      const wallet = await this.ledger.lockActive(ctx, id);
      const done = await this.invoicing.topUp(
        ctx,
        wallet,
        {
          reason: body.transaction_reason,
          quantity: quantityOf(body, wallet),
          expiresAt: body.expiry_date_utc,
          bonus: bonusOf(body),
          priority: body.priority,
          description: body.description,
          idempotencyKey: body.idempotency_key,
          metadata: body.metadata,
        },
        { automatic: false },
      );
      return {
        wallet: toWalletResponse(done.wallet),
        wallet_transaction: toWalletTransactionResponse(done.transaction),
        invoice_id: done.invoiceId,
        checkout_session: null,
      };
    });
  }
}

function quantityOf(body: TopUpWalletRequest, wallet: Wallet): TopUpQuantity {
  const quantity = topUpQuantity(
    {
      credits: body.credits_to_add === undefined ? undefined : rate(body.credits_to_add),
      amount: body.amount === undefined ? undefined : rate(body.amount),
    },
    wallet.topUpConversionRate,
  );
  if (quantity === undefined) throw fieldErrors({ credits_to_add: 'credits_to_add or amount is required' });
  if (!quantity.credits.greaterThan(0))
    throw fieldErrors({ amount: 'amount is too small for any credits at this conversion rate' });
  if (body.credits_to_add === undefined && body.transaction_reason === 'PURCHASED_CREDIT_INVOICED')
    assertPayableAmount(quantity.amount, wallet.currency);
  return quantity;
}

function bonusOf(body: TopUpWalletRequest): TopUp['bonus'] {
  if (body.bonus_credits_to_add === undefined) {
    if (body.bonus_credits_expiry_date_utc !== undefined)
      throw fieldErrors({
        bonus_credits_expiry_date_utc: 'bonus_credits_expiry_date_utc goes with bonus_credits_to_add',
      });
    return undefined;
  }
  if (body.transaction_reason === 'FREE_CREDIT_GRANT')
    throw fieldErrors({ bonus_credits_to_add: 'bonus_credits_to_add goes with bought credits' });
  return { credits: rate(body.bonus_credits_to_add), expiresAt: body.bonus_credits_expiry_date_utc };
}
