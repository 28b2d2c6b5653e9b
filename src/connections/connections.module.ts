import { Module } from '@nestjs/common';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { ConnectFlow } from './connect.flow.js';
import { ConnectionsController } from './connections.controller.js';
import { ConnectionsService } from './connections.service.js';
import { ProviderClocks } from './provider-clocks.flow.js';
import { ProviderSessionsService } from './provider-sessions.service.js';

@Module({
  imports: [TenancyModule],
  controllers: [ConnectionsController],
  providers: [ConnectionsService, ProviderSessionsService, ConnectFlow, ProviderClocks],
  exports: [ConnectionsService, ProviderSessionsService],
})
export class ConnectionsModule {}
