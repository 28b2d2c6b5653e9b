import type { Ctx, WholeRequest } from '../context.js';

type Work<T> = (ctx: Ctx) => Promise<T>;

/** A transaction of several parts. Its first one begins it, so that the first statement of all goes with the frame. */
export class PartsOfOne implements WholeRequest {
  isOver = false;
  /** Nothing of it has happened where one part has failed, even if somebody takes that failure for less. */
  hasFailed = false;
  private ctx: Ctx | undefined;
  private opening: Promise<void> | undefined;

  constructor(private readonly begin: <T>(work: Work<T>) => Promise<T>) {}

  async part<T>(work: Work<T>): Promise<T> {
    try {
      if (this.ctx === undefined && this.opening === undefined) return await this.first(work);
      await this.opening;
      if (this.ctx === undefined) throw new Error('the transaction of the request has not begun');
      return await work(this.ctx);
    } catch (error) {
      this.hasFailed = true;
      throw error;
    }
  }

  private first<T>(work: Work<T>): Promise<T> {
    let opened = (): void => undefined;
    this.opening = new Promise((resolve) => (opened = resolve));
    return this.begin((ctx) => {
      this.ctx = ctx;
      opened();
      return work(ctx);
    }).finally(opened);
  }
}
