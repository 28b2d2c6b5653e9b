import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const PREFIX = 'flexprice_';

interface Described<Label extends string> {
  /** Without our prefix. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

/**
 * What this process counts and measures, in the format that Prometheus reads. Labels hold no ids of tenants, customers or
 * documents: they are few, and tell an outsider nothing.
 */
@Injectable()
export class Metrics {
  // One an application: two in one process stay apart.
  private readonly registry = new Registry();

  get contentType(): string {
    return this.registry.contentType;
  }

  counter<Label extends string>({ name, help, labels = [] }: Described<Label>): Counter<Label> {
    return new Counter({ name: PREFIX + name, help, labelNames: [...labels], registers: [this.registry] });
  }

  /** Of seconds. */
  histogram<Label extends string>({ name, help, labels = [] }: Described<Label>): Histogram<Label> {
    return new Histogram({
      name: PREFIX + name,
      help,
      labelNames: [...labels],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [this.registry],
    });
  }

  /** `collect` sets it, each time that somebody asks. */
  gauge<Label extends string>(
    { name, help, labels = [] }: Described<Label>,
    collect?: (gauge: Gauge<Label>) => Promise<void>,
  ): Gauge<Label> {
    const gauge: Gauge<Label> = new Gauge({
      name: PREFIX + name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      ...(collect === undefined ? {} : { collect: () => collect(gauge) }),
    });
    return gauge;
  }

  /** Memory, event loop and garbage collection as well: of the process, so for the application that has it to itself. */
  withProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
