import { Injectable } from '@nestjs/common';

/** Upkeep of a whole installation, of no tenant: every worker does it now and then, so it must bear being done twice. */
export interface PeriodicTask {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<void>;
}

@Injectable()
export class PeriodicTasks {
  private readonly tasks: PeriodicTask[] = [];

  register(task: PeriodicTask): void {
    this.tasks.push(task);
  }

  all(): readonly PeriodicTask[] {
    return this.tasks;
  }
}
