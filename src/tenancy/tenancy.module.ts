import { Module } from '@nestjs/common';
import { ApiKeysService } from './api-keys.service.js';
import { AuditService } from './audit.service.js';
import { TenancyService } from './tenancy.service.js';

@Module({
  providers: [TenancyService, ApiKeysService, AuditService],
  exports: [TenancyService, ApiKeysService, AuditService],
})
export class TenancyModule {}
