import { Injectable } from '@nestjs/common';
import type { SyncTask } from './sync.types.js';

/** The kinds of operations that the engine can run; each stands in a file of its own and adds itself here. */
@Injectable()
export class SyncTasks {
  private readonly tasks = new Map<string, SyncTask>();

  register(task: SyncTask): void {
    this.tasks.set(`${task.entityType}.${task.action}`, task);
  }

  find(entityType: string, action: string): SyncTask | undefined {
    return this.tasks.get(`${entityType}.${action}`);
  }
}
