import { Module } from '@nestjs/common';
import { ApiKeysService } from './api-keys.service.js';
import { AuditTrail } from './audit-trail.service.js';
import { TenancyService } from './tenancy.service.js';

@Module({
  providers: [TenancyService, ApiKeysService, AuditTrail],
  exports: [TenancyService, ApiKeysService, AuditTrail],
})
export class TenancyModule {}
