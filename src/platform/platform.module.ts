import { isIP } from 'node:net';
import {
  Global,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import type { Queue } from 'bull';
import { DataSource } from 'typeorm';
import {
  DATA_SOURCE,
  dataSourceOptions,
  isDataSource,
  isOurs,
  type DatabaseOptions,
} from './database/data-source.js';
import { HostTransactions } from './database/host-transactions.js';
import { UnitOfWork } from './database/unit-of-work.js';
import { ClockFollowers } from './clock/clock-followers.js';
import { CLOCK_PATIENCE_MS, EnvironmentClock } from './clock/environment-clock.js';
import { Ticker } from './clock/ticker.js';
import { TimeTriggers } from './clock/time-triggers.js';
import { WallClock } from './time/clock.js';
import { IdempotencyKeys } from './idempotency/idempotency-keys.js';
import { IdempotentCalls } from './idempotency/idempotent-calls.js';
import { IdempotentRequests } from './idempotency/idempotent-requests.js';
import { KeyRegister } from './idempotency/key-register.js';
import { loadOptional } from './optional-package.js';
import { BULL_QUEUES, BullTransport, type JobMessage } from './jobs/bull.transport.js';
import { InProcessTransport } from './jobs/in-process.transport.js';
import { JOB_TRANSPORT, type JobQueueName, type JobTransport } from './jobs/job.js';
import { JobQueues } from './jobs/job-queues.js';
import { MountedRoutes } from './http/mounted-routes.js';
import { JobHandlers } from './jobs/job-handlers.js';
import { JobQueue } from './jobs/job-queue.js';
import { JobRunner } from './jobs/job-runner.js';
import { JobsIdle } from './jobs/jobs-idle.js';
import { JobsService } from './jobs/jobs.service.js';
import { BacklogMetrics } from './metrics/backlog-metrics.js';
import { Metrics } from './metrics/metrics.js';
import { PeriodicTasks } from './jobs/periodic-tasks.js';
import { Sweeper } from './jobs/sweeper.js';
import { Worker, WORKER_OPTIONS, type WorkerOptions } from './worker/worker.js';
import { Outbox } from './outbox/outbox.js';
import { OutboxRelay } from './outbox/outbox-relay.js';
import { OutboxSignal } from './outbox/outbox-signal.js';
import { OutboxSubscribers } from './outbox/outbox-subscribers.js';
import { ALLOW_CARD_NUMBERS, CardNumbersPipe } from './http/card-number-fields.js';
import { ALLOW_MISSING_KEYS, SealedSecrets } from './reseal/sealed-secrets.js';
import { SECRET_BOX, SecretBox, type SecretKey } from './secrets/secret-box.js';

export interface RedisOptions {
  /** `redis://…`, or `rediss://…` for TLS. */
  readonly url: string;
  /** Keeps installations (and tests) that share a Redis apart. */
  readonly prefix?: string;
}

export interface PlatformOptions {
  /** A data source of the host's is used as it is. */
  readonly database: DatabaseOptions | DataSource;
  /** Without it, jobs run in this process. */
  readonly redis?: RedisOptions;
  readonly worker: WorkerOptions;
  readonly secretKeys: readonly SecretKey[];
  readonly allowMissingSecretKeys: boolean;
  readonly allowCardNumbers: boolean;
}

export const PLATFORM_OPTIONS = Symbol('PlatformOptions');

export interface PlatformRegistration {
  /** A module that provides and exports {@link PLATFORM_OPTIONS}. */
  readonly optionsModule: DynamicModule;
  /** Whether jobs go through Bull on Redis. Part of the wiring, so known before the options are. */
  readonly usesRedis: boolean;
  readonly entities: readonly (new () => unknown)[];
  readonly migrations: readonly (new () => unknown)[];
}

const SERVICES: Provider[] = [
  WallClock,
  Metrics,
  MountedRoutes,
  BacklogMetrics,
  UnitOfWork,
  HostTransactions,
  EnvironmentClock,
  ClockFollowers,
  TimeTriggers,
  Ticker,
  Outbox,
  OutboxSignal,
  OutboxSubscribers,
  OutboxRelay,
  JobQueue,
  JobHandlers,
  PeriodicTasks,
  IdempotencyKeys,
  IdempotentRequests,
  IdempotentCalls,
  KeyRegister,
  SealedSecrets,
  CardNumbersPipe,
  JobsService,
  JobRunner,
  JobsIdle,
  Sweeper,
  Worker,
];

/** Ends the connections to the database, unless they are the host's. */
@Injectable()
class OwnDataSource implements OnApplicationShutdown {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    if (isOurs(this.dataSource) && this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

async function ofTheHost(
  dataSource: DataSource,
  entities: PlatformRegistration['entities'],
): Promise<DataSource> {
  const { type, entityPrefix } = dataSource.options;
  if (type !== 'postgres') throw new Error(`billing needs Postgres: the data source is of the type ${type}`);
  if (entityPrefix !== undefined && entityPrefix !== '')
    throw new Error(
      'billing cannot use a data source with an entityPrefix: its tables have names of their own',
    );
  const ready = dataSource.isInitialized ? dataSource : await dataSource.initialize();
  const missing = entities.filter((entity) => !ready.hasMetadata(entity));
  if (missing.length > 0)
    throw new Error(
      `the data source of the host lacks ${missing.length} entities of billing, ${missing[0]?.name ?? ''} among them: ` +
        'add ...BILLING_ENTITIES to its entities',
    );
  return ready;
}

/** How many jobs of a queue a worker does at once. Those of `outbound-http` mostly wait. */
const CONCURRENCY_IN_PROCESS: Readonly<Record<JobQueueName, number>> = { main: 8, 'outbound-http': 16 };
const CONCURRENCY_WITH_REDIS: Readonly<Record<JobQueueName, number>> = { main: 16, 'outbound-http': 32 };

const IN_PROCESS_TRANSPORT: Provider = {
  provide: JOB_TRANSPORT,
  inject: [JobHandlers, WallClock, PLATFORM_OPTIONS],
  useFactory: (handlers: JobHandlers, clock: WallClock, { worker }: PlatformOptions) => {
    const of = (queue: JobQueueName): JobTransport =>
      new InProcessTransport(clock, worker.enabled, CONCURRENCY_IN_PROCESS[queue]);
    return new JobQueues(handlers, { main: of('main'), 'outbound-http': of('outbound-http') });
  },
};

/** What `@nestjs/bull` calls a queue: known without the package, which not every application has. */
const queueToken = (queue: JobQueueName): string => `BullQueue_${BULL_QUEUES[queue]}`;

const BULL_TRANSPORT: Provider = {
  provide: JOB_TRANSPORT,
  inject: [JobHandlers, WallClock, queueToken('main'), queueToken('outbound-http')],
  useFactory: (
    handlers: JobHandlers,
    clock: WallClock,
    main: Queue<JobMessage>,
    outboundHttp: Queue<JobMessage>,
  ) =>
    new JobQueues(handlers, {
      main: new BullTransport(main, clock, CONCURRENCY_WITH_REDIS.main),
      'outbound-http': new BullTransport(outboundHttp, clock, CONCURRENCY_WITH_REDIS['outbound-http']),
    }),
};

/** Bull does not read it from the URL: left to itself it sends `rediss` the password in the clear. */
function encryption(redisUrl: string): { readonly tls?: { readonly servername?: string } } {
  const { protocol, hostname } = new URL(redisUrl);
  if (protocol !== 'rediss:') return {};
  // Servers behind one address are told apart by the name; an IP address is none.
  return { tls: isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? { servername: hostname } : {} };
}

async function bullQueue(queue: JobQueueName, optionsModule: DynamicModule): Promise<DynamicModule> {
  const { BullModule } = await loadOptional(
    'Jobs on Redis',
    '@nestjs/bull bull',
    () => import('@nestjs/bull'),
  );
  return BullModule.registerQueueAsync({
    name: BULL_QUEUES[queue],
    imports: [optionsModule],
    inject: [PLATFORM_OPTIONS],
    useFactory: ({ redis }: PlatformOptions) => {
      if (redis === undefined) throw new Error('jobs go through Redis, and no Redis URL is set');
      return {
        url: redis.url,
        prefix: redis.prefix ?? 'flexprice',
        // Without a limit, adding to a queue whose Redis is away waits for ever, and so does a request.
        redis: { maxRetriesPerRequest: 1, ...encryption(redis.url) },
        // What a dead worker held is found within seconds. Held twice by mistake it does no harm: the row is claimed once.
        settings: { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 100 },
      };
    },
  });
}

/** Nest waits for modules as it starts. Until then nobody listens for what goes wrong, which must not end the process. */
function awaited(module: Promise<DynamicModule>): Promise<DynamicModule> {
  module.catch(() => undefined);
  return module;
}

/** The plumbing that every house stands on. Global within the library: it knows no billing noun. */
@Global()
@Module({})
export class PlatformModule {
  static register({ optionsModule, usesRedis, entities, migrations }: PlatformRegistration): DynamicModule {
    return {
      module: PlatformModule,
      imports: [
        optionsModule,
        ...(usesRedis
          ? [awaited(bullQueue('main', optionsModule)), awaited(bullQueue('outbound-http', optionsModule))]
          : []),
      ],
      providers: [
        {
          provide: DATA_SOURCE,
          inject: [PLATFORM_OPTIONS],
          useFactory: ({ database }: PlatformOptions) =>
            isDataSource(database)
              ? ofTheHost(database, entities)
              : new DataSource(dataSourceOptions(database, entities, migrations)).initialize(),
        },
        OwnDataSource,
        ...SERVICES,
        usesRedis ? BULL_TRANSPORT : IN_PROCESS_TRANSPORT,
        {
          provide: WORKER_OPTIONS,
          inject: [PLATFORM_OPTIONS],
          useFactory: ({ worker }: PlatformOptions) => worker,
        },
        {
          provide: CLOCK_PATIENCE_MS,
          inject: [PLATFORM_OPTIONS],
          useFactory: ({ worker }: PlatformOptions) => worker.clockPatienceMs,
        },
        {
          provide: SECRET_BOX,
          inject: [PLATFORM_OPTIONS],
          useFactory: ({ secretKeys }: PlatformOptions) => new SecretBox(secretKeys),
        },
        {
          provide: ALLOW_CARD_NUMBERS,
          inject: [PLATFORM_OPTIONS],
          useFactory: ({ allowCardNumbers }: PlatformOptions) => allowCardNumbers,
        },
        {
          provide: ALLOW_MISSING_KEYS,
          inject: [PLATFORM_OPTIONS],
          useFactory: ({ allowMissingSecretKeys }: PlatformOptions) => allowMissingSecretKeys,
        },
      ],
      exports: [
        WallClock,
        Metrics,
        MountedRoutes,
        UnitOfWork,
        HostTransactions,
        EnvironmentClock,
        ClockFollowers,
        PeriodicTasks,
        IdempotentCalls,
        KeyRegister,
        JobsService,
        TimeTriggers,
        Outbox,
        OutboxSubscribers,
        OutboxRelay,
        JobQueue,
        JobHandlers,
        JobsIdle,
        JOB_TRANSPORT,
        SECRET_BOX,
        SealedSecrets,
        ALLOW_CARD_NUMBERS,
        CardNumbersPipe,
        DATA_SOURCE,
      ],
    };
  }
}
