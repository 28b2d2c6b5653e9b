import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { HealthResponse, LivenessResponse } from './health.responses.js';

interface Reply {
  status(code: number): unknown;
}

/** For load balancers and supervisors. Needs no API key. */
@Controller('health')
@ApiTags('Operations')
export class HealthController {
  constructor(private readonly uow: UnitOfWork) {}

  /** Whether the process is up and can reach its database. */
  @Get()
  @HttpCode(200)
  check(@Res({ passthrough: true }) reply: Reply): Promise<HealthResponse> {
    return this.answer(reply);
  }

  /** Whether requests should be sent to this process: the same as `/health`. */
  @Get('ready')
  @HttpCode(200)
  ready(@Res({ passthrough: true }) reply: Reply): Promise<HealthResponse> {
    return this.answer(reply);
  }

  /** Whether the process answers at all. Asks nothing of the database: a restart of the process would not repair that one. */
  @Get('live')
  @HttpCode(200)
  live(): LivenessResponse {
    return { status: 'ok' };
  }

  private async answer(reply: Reply): Promise<HealthResponse> {
    try {
      await this.uow.runSystem((em) => em.query('SELECT 1'));
      return { status: 'ok', database: 'ok' };
    } catch {
      reply.status(503);
      return { status: 'unavailable', database: 'unavailable' };
    }
  }
}
