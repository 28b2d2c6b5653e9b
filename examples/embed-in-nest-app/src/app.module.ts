import {
  Injectable,
  Module,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { BillingModule, isBillingRoute } from 'flexprice-nest';
import { StripeModule } from 'flexprice-nest/stripe';
import { map, type Observable } from 'rxjs';
import { DatabaseModule } from './database.module.js';
import { ShopController } from './shop.controller.js';

/** Everything of the shop's own needs a session. Billing authenticates its own requests. */
@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (isBillingRoute(context)) return true;
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    return headers.session === 'ann';
  }
}

/** The answers of the shop are in an envelope. Those of billing have the shape that its clients know. */
@Injectable()
class EnvelopeInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const answer = next.handle();
    return isBillingRoute(context) ? answer : answer.pipe(map((data: unknown) => ({ data })));
  }
}

@Module({
  imports: [
    DatabaseModule,
    BillingModule.forRootAsync({
      useFactory: () => ({
        database: { url: process.env.DATABASE_URL ?? '' },
        secretKeys: [{ id: 'k1', key: Buffer.alloc(32, 7) }],
        providers: { baseUrls: { stripe: process.env.STRIPE_URL ?? 'https://api.stripe.com' } },
      }),
      providerModules: [StripeModule],
      prefix: 'billing',
    }),
  ],
  controllers: [ShopController],
  providers: [
    { provide: APP_GUARD, useClass: SessionGuard },
    { provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor },
    {
      provide: APP_PIPE,
      useValue: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
    },
  ],
})
export class AppModule {}
