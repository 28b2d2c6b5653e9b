export type { EnvironmentKind } from './environment.entity.js';
import type { ApiKeyEntity } from './api-key.entity.js';
import type { EnvironmentEntity } from './environment.entity.js';
import type { TenantEntity } from './tenant.entity.js';

export type ApiKey = Readonly<ApiKeyEntity>;
export type Environment = Readonly<EnvironmentEntity>;
export type Tenant = Readonly<TenantEntity>;
