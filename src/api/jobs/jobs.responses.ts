import { PaginationResponse } from '../../platform/http/list-query.js';
import type { Job } from '../../platform/jobs/jobs.service.js';

export class JobResponse {
  id!: string;
  kind!: string;
  /** What it is about, or its own id. */
  key!: string;
  /** `queued`, `running`, `done`, `parked`: given up for now. */
  state!: string;
  attempts!: number;
  /** When it is due. */
  run_at!: Date;
  last_error!: string | null;
  finished_at!: Date | null;
  created_at!: Date;
  updated_at!: Date;
}

export class ListJobsResponse {
  items!: JobResponse[];
  pagination!: PaginationResponse;
}

export const toJobResponse = (row: Job): JobResponse => ({
  id: row.id,
  kind: row.kind,
  key: row.key,
  state: row.state,
  attempts: row.attempts,
  run_at: row.runAt,
  last_error: row.lastError,
  finished_at: row.finishedAt,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
});
