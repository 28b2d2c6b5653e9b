import { setTimeout } from 'node:timers/promises';
import type { Caller } from '../../platform/context.js';
import type { SyncEngine } from './sync-engine.flow.js';
import type { SyncOperation } from './sync.types.js';

const LOOK_AGAIN_MS = 250;
const MOST_LOOKS = 40;

/**
 * Carries an operation out in a request that waits for what comes of it. A worker may be at it already, with this operation
 * or with one that has to go first: for ten seconds it is looked at again. Answers what `look` has read last.
 */
export async function carryOut<T extends { readonly operation: SyncOperation }>(
  engine: SyncEngine,
  caller: Caller,
  operationId: string,
  look: () => Promise<T>,
): Promise<T> {
  for (let looks = 1; ; looks++) {
    const outcome = await engine.run(caller, operationId);
    const seen = await look();
    const isUnderWay = outcome !== undefined && ['pending', 'running'].includes(seen.operation.state);
    if (!isUnderWay || looks === MOST_LOOKS) return seen;
    await setTimeout(LOOK_AGAIN_MS);
  }
}
