import { Injectable } from '@nestjs/common';

/** The wall clock: leases, retries, signatures and anything at a provider run on it. Tests may replace it. */
@Injectable()
export class WallClock {
  now(): Date {
    return new Date();
  }
}
