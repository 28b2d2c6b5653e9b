import { All, Controller, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { notImplemented } from '../domain/errors.js';
import { ErrorEnvelopeFilter } from '../platform/http/error-envelope.js';

@Controller('v1/not-implemented')
@UseFilters(ErrorEnvelopeFilter)
@ApiExcludeController()
export class NotImplementedController {
  @All()
  refuse(): never {
    throw notImplemented('this operation is declared and not implemented yet');
  }
}
