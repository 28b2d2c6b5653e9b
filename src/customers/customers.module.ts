import { Module } from '@nestjs/common';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { CustomersService } from './customers.service.js';

@Module({
  imports: [TenancyModule],
  providers: [CustomersService],
  exports: [CustomersService],
})
export class CustomersModule {}
