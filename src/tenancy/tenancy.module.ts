import { Module } from '@nestjs/common';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeysService } from './api-keys.service.js';
import { AuditService } from './audit.service.js';
import { ApiKeysController, EnvironmentsController, TenantsController } from './tenancy.controller.js';
import { JobsController } from './jobs.controller.js';
import { TenancyService } from './tenancy.service.js';

@Module({
  controllers: [ApiKeysController, TenantsController, EnvironmentsController, JobsController],
  providers: [TenancyService, ApiKeysService, ApiKeyGuard, AuditService],
  exports: [TenancyService, ApiKeysService, ApiKeyGuard, AuditService],
})
export class TenancyModule {}
