/** Succeeded of all that are decided, from 0 to 1. Null where none is. */
export const successRate = (succeeded: number, failed: number): number | null =>
  succeeded + failed === 0 ? null : succeeded / (succeeded + failed);
