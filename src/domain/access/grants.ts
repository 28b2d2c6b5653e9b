/**
 * What a key may do: `<noun>:read` or `<noun>:write`, the noun being the first part of a path (`customers`, `events`, …); `*` for
 * every noun. To write is not to read.
 */
export type Grant = `${string}:${'read' | 'write'}`;

const GRANT = /^(?:\*|[a-z][a-z-]{0,49}):(?:read|write)$/;
/** Only with a grant of its own: who may make keys may make one for everything. */
const KEYS = 'secrets';

/**
 * Roles of keys. `event_ingestor` is the published name of the last. `admin` alone makes and ends keys; `publishable` is what a
 * key in a browser may do: send events, and read the catalogue that a customer sees.
 */
export const ROLES = {
  admin: ['*:read', '*:write', `${KEYS}:read`, `${KEYS}:write`],
  write: ['*:read', '*:write'],
  read: ['*:read'],
  event_ingestor: ['events:write'],
} as const satisfies Readonly<Record<string, readonly Grant[]>>;
export type Role = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as Role[];

export const PUBLISHABLE_GRANTS = [
  'events:write',
  'plans:read',
  'prices:read',
  'features:read',
  'addons:read',
] as const satisfies readonly Grant[];

export const isGrant = (value: string): value is Grant => GRANT.test(value);

/** What a key of that kind, with those roles and permissions, may do. A private key without any may do everything. */
export function grantsOf(key: {
  readonly type: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}): readonly Grant[] {
  if (key.type === 'publishable_key') return PUBLISHABLE_GRANTS;
  const given = [
    ...key.roles.flatMap((role): readonly Grant[] => (role in ROLES ? ROLES[role as Role] : [])),
    ...key.permissions.filter(isGrant),
  ];
  return key.roles.length + key.permissions.length === 0 ? ROLES.admin : [...new Set(given)];
}

/** True when the grants let their holder do that with the noun. */
export const allows = (grants: readonly Grant[], noun: string, action: 'read' | 'write'): boolean =>
  grants.includes(`${noun}:${action}`) || (noun !== KEYS && grants.includes(`*:${action}`));

/** What of the wanted grants goes beyond those that are held. */
export const beyond = (held: readonly Grant[], wanted: readonly Grant[]): Grant[] =>
  wanted.filter((grant) => {
    const [noun, action] = grant.split(':') as [string, 'read' | 'write'];
    return noun === '*' ? !held.includes(grant) : !allows(held, noun, action);
  });

/** Who makes keys can always make another. */
export const makesKeys = (grants: readonly Grant[]): boolean => allows(grants, KEYS, 'write');
