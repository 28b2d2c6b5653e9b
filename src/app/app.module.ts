import type { AdmissionLimits } from './admission.js';
import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { DEFAULT_BASES, mountRoutes } from '../api/mount-routes.js';
import { BillingModule } from '../billing.module.js';
import type { BillingOptions } from '../billing.options.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { loggedError } from '../platform/logged-error.js';
import type { ProviderModules } from '../providers/providers.module.js';
import { HealthController } from './health.controller.js';
import { NotImplementedController } from './not-implemented.controller.js';
import { PROVIDER_MODULES } from './provider-modules.js';

export interface AppOptions {
  readonly billing: BillingOptions;
  /** Providers besides those of the server. */
  readonly providerModules?: ProviderModules;
  readonly logLevel: string;
  /** Where the lines of the log go. Default: standard output. */
  readonly logTo?: { write(line: string): void };
  /** Whether requests are measured. Default false. */
  readonly measuresRequests?: boolean;
  /** Whether /docs is served. Default true. */
  readonly docs?: boolean;
  /** Where the console was built. It is not served, when left out. */
  readonly consoleDir?: string;
  /** Those that are left out are {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<AdmissionLimits>;
  /** Proxies whose X-Forwarded-For is believed: addresses and networks, separated by commas. None, when left out. */
  readonly trustProxy?: string;
}

/** The standalone server: the library's first embedder, with nothing that another could not do. */
@Module({})
export class AppModule {
  static forRoot({ billing, providerModules = [], logLevel, logTo }: AppOptions): DynamicModule {
    const logging = {
      level: logLevel,
      hooks: { logMethod },
      // Errors are made ready before pino sees them: it would take over their messages, and every other field.
      wrapSerializers: false,
      serializers: { err: (error: unknown) => (error instanceof Error ? loggedError(error) : error) },
    };
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot({
          pinoHttp: logTo === undefined ? logging : [logging, logTo],
          // Its middleware makes a logger for each request and keeps it through every promise: an eighth of the time
          // of a request that stores an event. `request-log.ts` says the line of a request.
          forRoutes: [],
        }),
        BillingModule.forRoot({ ...billing, providerModules: [...PROVIDER_MODULES, ...providerModules] }),
        // Last: its routes are what no house has taken.
        ...mountRoutes(DEFAULT_BASES, {
          imports: [TenancyModule],
          controllers: [NotImplementedController],
        }),
      ],
      controllers: [HealthController],
    };
  }
}

/** Nest says a line for each of several hundred routes at every start. */
const NOISE = new Set(['RouterExplorer', 'RoutesResolver', 'InstanceLoader']);

function logMethod(
  this: unknown,
  args: unknown[],
  method: (...values: unknown[]) => void,
  level: number,
): void {
  const [first, ...rest] = args as [{ context?: string; err?: unknown }?, ...unknown[]];
  if (level <= 30 && first?.context !== undefined && NOISE.has(first.context)) return;
  if (first instanceof Error) method.call(this, { err: loggedError(first) }, ...rest);
  else if (first?.err === undefined) method.apply(this, args);
  else method.call(this, { ...first, err: loggedError(first.err) }, ...rest);
}
