import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { fieldErrors } from '../../domain/errors.js';
import { exactlyRead, mayHoldLongNumber } from '../exact-json.js';

interface RequestWithBody {
  body?: unknown;
  readonly rawBody?: Buffer;
}

/**
 * Puts the numbers that JSON.parse has rounded back into the body, as they were sent. It reads them from the raw body,
 * which costs nothing where no number is long. Where a host keeps no raw bodies, nobody knows what was sent: whole
 * numbers that a double may have rounded are refused.
 */
@Injectable()
export class ExactNumbersGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<RequestWithBody>();
    if (typeof request.body !== 'object' || request.body === null) return true;
    if (request.rawBody === undefined) refuseRounded(request.body);
    else if (mayHoldLongNumber(request.rawBody)) {
      const body = exactlyRead(request.rawBody.toString());
      if (body !== undefined) request.body = body;
    }
    return true;
  }
}

function refuseRounded(body: object): void {
  const wrong: Record<string, string> = {};
  const look = (value: unknown, path: string): void => {
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
      wrong[path] = `${path} is a number that JSON readers round: send it as a string`;
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value))
      look(inner, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
  };
  look(body, '');
  if (Object.keys(wrong).length > 0) throw fieldErrors(wrong);
}
