import { Module } from '@nestjs/common';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { ConnectFlow } from './connect.flow.js';
import { ConnectionsService } from './connections.service.js';
import { ProviderClocks } from './provider-clocks.flow.js';
import { ProviderSessionsService } from './provider-sessions.service.js';

@Module({
  imports: [TenancyModule],
  providers: [ConnectionsService, ProviderSessionsService, ConnectFlow, ProviderClocks],
  exports: [ConnectionsService, ProviderSessionsService, ConnectFlow],
})
export class ConnectionsModule {}
