/** What a turn has come to: what its job answers, and the webhooks that need no turn of their own any more. */
export interface Turn<T> {
  readonly outcome: T;
  readonly settled: readonly string[];
}

/**
 * One at a time for each remote object, within this process. A provider tells of one change by several webhooks at once; the
 * first of them reads the object for all that were there by then, and those have nothing left to do when it is done.
 */
export class SubjectTurns {
  private readonly atWork = new Map<string, Promise<readonly string[]>>();

  /** `work` learns whether it has waited, because then what it knew is old. Undefined: another turn has settled `id`. */
  async take<T>(
    subject: string,
    id: string,
    work: (hasWaited: boolean) => Promise<Turn<T>>,
  ): Promise<T | undefined> {
    let hasWaited = false;
    for (let other = this.atWork.get(subject); other; other = this.atWork.get(subject), hasWaited = true)
      if ((await other).includes(id)) return undefined;
    const turn = work(hasWaited);
    const settled = turn.then(
      (done) => done.settled,
      () => [],
    );
    this.atWork.set(subject, settled);
    try {
      return (await turn).outcome;
    } finally {
      if (this.atWork.get(subject) === settled) this.atWork.delete(subject);
    }
  }
}
