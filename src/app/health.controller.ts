import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { HealthResponse } from './health.responses.js';

@Controller('health')
@ApiTags('Operations')
export class HealthController {
  constructor(private readonly uow: UnitOfWork) {}

  /** For load balancers: whether the process is up and can reach its database. Needs no API key. */
  @Get()
  @HttpCode(200)
  async check(@Res({ passthrough: true }) reply: { status(code: number): unknown }): Promise<HealthResponse> {
    try {
      await this.uow.runSystem((em) => em.query('SELECT 1'));
      return { status: 'ok', database: 'ok' };
    } catch {
      reply.status(503);
      return { status: 'unavailable', database: 'unavailable' };
    }
  }
}
