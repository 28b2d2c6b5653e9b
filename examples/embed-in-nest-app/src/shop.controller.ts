import { Body, Controller, ForbiddenException, Get, Post } from '@nestjs/common';
import { IsNumberString, IsString } from 'class-validator';
import { Billing, TenancyService, type BillingScope } from 'flexprice-nest';
import { DataSource } from 'typeorm';
import { Order } from './database.module.js';

export class NewOrder {
  @IsString()
  id!: string;

  @IsNumberString()
  total!: string;
}

@Controller('shop')
export class ShopController {
  private scope: BillingScope | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly billing: Billing,
    private readonly tenancy: TenancyService,
  ) {}

  /** Once, when the shop opens. */
  @Post('open')
  async open(): Promise<{ tenantId: string; environmentId: string; apiKey: string }> {
    const tenant = await this.tenancy.createTenant({ name: 'Shop', environmentName: 'test', kind: 'test' });
    this.scope = { tenantId: tenant.tenantId, environmentId: tenant.environmentId, actor: 'shop' };
    return tenant;
  }

  /** The order, its customer, its invoice and the payment over the counter: all of them or none. */
  @Post('orders')
  order(@Body() { id, total }: NewOrder): Promise<{ invoiceId: string }> {
    const { scope } = this;
    if (scope === undefined) throw new ForbiddenException('the shop is closed');
    return this.dataSource.transaction(async (manager) => {
      const customer = await this.billing.createCustomer(
        scope,
        { external_id: `guest-${id}`, name: 'Guest' },
        { manager },
      );
      const invoice = await this.billing.createInvoice(
        scope,
        {
          customer_id: customer.id,
          currency: 'usd',
          amount_due: total,
          line_items: [{ display_name: `Order ${id}`, amount: total, quantity: '1' }],
          invoice_status: 'FINALIZED',
        },
        { manager },
      );
      const invoiceId = invoice.id ?? '';
      await manager.insert(Order, { id, invoice: invoiceId });
      await this.billing.recordPayment(scope, invoiceId, {}, { manager });
      if (id === 'regretted') throw new ForbiddenException('thought better of it');
      return { invoiceId };
    });
  }

  @Get('orders')
  orders(): Promise<Order[]> {
    return this.dataSource.getRepository(Order).find();
  }

  @Get('secret')
  secret(): never {
    throw new ForbiddenException('not for you');
  }
}
