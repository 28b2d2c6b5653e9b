import { validationError } from '../domain/errors.js';

/** Kinds of entities that a connection can keep in step, each in either direction. */
export const SYNC_ENTITIES = ['customer', 'plan', 'invoice', 'subscription', 'payment'] as const;
export type SyncEntity = (typeof SYNC_ENTITIES)[number];
export type SyncDirection = 'inbound' | 'outbound';
export type SyncConfig = Readonly<Record<SyncEntity, Readonly<Record<SyncDirection, boolean>>>>;

/** Nothing is kept in step until somebody says so. */
export const NOTHING_SYNCED: SyncConfig = {
  customer: { inbound: false, outbound: false },
  plan: { inbound: false, outbound: false },
  invoice: { inbound: false, outbound: false },
  subscription: { inbound: false, outbound: false },
  payment: { inbound: false, outbound: false },
};

const GUIDE_KEY = new RegExp(`^(${SYNC_ENTITIES.join('|')})_(inbound|outbound)_enabled$`);

/**
 * Reads both spellings, `{customer: {outbound: true}}` and `{customer_outbound_enabled: true}`, on top of what
 * holds already. The same switch in both spellings with different values is refused.
 */
export function parseSyncConfig(input: Readonly<Record<string, unknown>>, base = NOTHING_SYNCED): SyncConfig {
  const switches = new Map<string, { value: boolean; spelling: string }>();
  const set = (entity: string, direction: string, value: unknown, spelling: string): void => {
    if (typeof value !== 'boolean') throw validationError(`sync_config.${spelling} must be true or false`);
    const known = switches.get(`${entity}.${direction}`);
    if (known !== undefined && known.value !== value)
      throw validationError(
        `sync_config.${known.spelling} and sync_config.${spelling} mean the same and differ`,
      );
    switches.set(`${entity}.${direction}`, { value, spelling });
  };
  for (const [key, value] of Object.entries(input)) {
    if (value === null || value === undefined) continue;
    const guide = GUIDE_KEY.exec(key);
    if (guide?.[1] !== undefined && guide[2] !== undefined) {
      set(guide[1], guide[2], value, key);
    } else if ((SYNC_ENTITIES as readonly string[]).includes(key)) {
      if (typeof value !== 'object') throw validationError(`sync_config.${key} must be an object`);
      for (const direction of ['inbound', 'outbound'] as const) {
        const own = (value as Record<string, unknown>)[direction];
        if (own !== undefined && own !== null) set(key, direction, own, `${key}.${direction}`);
      }
    } else {
      throw validationError(
        `sync_config.${key} is unknown: use ${SYNC_ENTITIES.join(', ')} with inbound and outbound`,
      );
    }
  }
  return Object.fromEntries(
    SYNC_ENTITIES.map((entity) => [
      entity,
      {
        inbound: switches.get(`${entity}.inbound`)?.value ?? base[entity].inbound,
        outbound: switches.get(`${entity}.outbound`)?.value ?? base[entity].outbound,
      },
    ]),
  ) as unknown as SyncConfig;
}
