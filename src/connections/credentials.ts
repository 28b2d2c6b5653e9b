import { fieldErrors } from '../domain/errors.js';
import type { Reseal } from '../platform/reseal/sealed-secrets.js';
import type { SecretBox, SealedSecret } from '../platform/secrets/secret-box.js';
import type { CredentialField } from '../providers/provider-adapter.js';

export interface SealedCredential {
  readonly sealed: SealedSecret;
  readonly last4: string;
  /** The secret before this one, still valid for incoming webhooks until then. */
  readonly previous?: { readonly sealed: SealedSecret; readonly last4: string; readonly until: string };
}

export type SealedCredentials = Readonly<Record<string, SealedCredential>>;

const SECRET_NAMES = [/secret|password|passwd|token|(?:^|[_-])key$|credential/i, /[a-z]Key$/];
/** Keys of Stripe and Whop, and secrets of webhooks (docs.stripe.com/keys, docs.whop.com). */
const SECRET_VALUE = /^(?:sk|rk)_(?:live|test)_|^whsec_|^ws_[A-Za-z0-9]|^apik_/;

/** How long a replaced webhook secret keeps verifying: providers retry for days what was signed with it. */
const WEBHOOK_SECRET_OVERLAP_HOURS = 3 * 24;
const HOUR_MS = 60 * 60 * 1000;

export interface GivenCredentials {
  readonly secrets: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** What `metadata` held besides credentials. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * `known`: the credentials that the connection has already; without them it is a new one, and gets what a field begins with.
 *
 * Takes an adapter's credential fields out of both request bodies: `encrypted_secret_data` (flat, or under the
 * provider's name) and `metadata`. What is a secret never stays in `metadata`.
 */
export function readCredentials(
  fields: readonly CredentialField[],
  provider: string,
  body: { secretData?: Readonly<Record<string, unknown>>; metadata?: Readonly<Record<string, string>> },
  known?: Readonly<Record<string, string>>,
): GivenCredentials {
  const nested = body.secretData?.[provider];
  const data: Record<string, unknown> = {
    ...body.secretData,
    ...(typeof nested === 'object' ? (nested as Record<string, unknown>) : {}),
  };
  if (typeof nested === 'object') Reflect.deleteProperty(data, provider);
  const names = new Set(fields.map((field) => field.name));
  const metadata = Object.fromEntries(Object.entries(body.metadata ?? {}).filter(([key]) => !names.has(key)));
  const errors: Record<string, string> = {};
  for (const key of Object.keys(data))
    if (!names.has(key))
      errors[key] = `${key} is no credential of ${provider}: it has ${[...names].join(', ')}`;
  // Metadata is kept and shown in clear: a secret under a name that is no field would be, too.
  for (const [key, value] of Object.entries(metadata))
    if (SECRET_NAMES.some((name) => name.test(key)) || SECRET_VALUE.test(value.trim()))
      errors[key] =
        `${key} looks like a secret and is no credential of ${provider}: it has ${[...names].join(', ')}`;
  const secrets: Record<string, string> = {};
  const settings: Record<string, string> = {};
  for (const field of fields) {
    const given = data[field.name] ?? body.metadata?.[field.name];
    const value = given ?? (known === undefined ? field.initial : undefined);
    if (value === undefined || value === '') {
      if (field.required && known?.[field.name] === undefined)
        errors[field.name] = `${field.name} is required`;
    } else if (typeof value !== 'string') {
      errors[field.name] = `${field.name} must be a string`;
    } else if (field.pattern !== undefined && !field.pattern.test(value.trim())) {
      errors[field.name] =
        `${field.name} does not look like a ${field.label}: expected something like ${field.example}`;
    } else {
      (field.secret ? secrets : settings)[field.name] = value.trim();
    }
  }
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
  return { secrets, settings, metadata };
}

export function sealCredentials(
  box: SecretBox,
  fields: readonly CredentialField[],
  owner: { readonly tenantId: string; readonly connectionId: string },
  secrets: Readonly<Record<string, string>>,
  before: SealedCredentials,
  now: Date,
  overlapHours = WEBHOOK_SECRET_OVERLAP_HOURS,
): SealedCredentials {
  const sealed = Object.entries(secrets).map(([name, value]): [string, SealedCredential] => {
    const old = before[name];
    const overlaps = overlapHours > 0 && old !== undefined && isOfWebhook(fields, name);
    return [
      name,
      {
        sealed: box.seal(value, [owner.tenantId, owner.connectionId, name]),
        last4: value.slice(-4),
        ...(overlaps
          ? {
              previous: {
                sealed: old.sealed,
                last4: old.last4,
                until: new Date(now.getTime() + overlapHours * HOUR_MS).toISOString(),
              },
            }
          : {}),
      },
    ];
  });
  return { ...before, ...Object.fromEntries(sealed) };
}

/** Lets webhook secrets that were replaced before verify for so long from now, never for longer than they would. */
export function shortenOverlap(
  fields: readonly CredentialField[],
  credentials: SealedCredentials,
  now: Date,
  overlapHours: number,
): SealedCredentials {
  const latest = new Date(now.getTime() + overlapHours * HOUR_MS);
  return mapCredentials(credentials, (name, credential) => {
    const { previous, ...current } = credential;
    if (previous === undefined || !isOfWebhook(fields, name)) return credential;
    if (overlapHours === 0) return current;
    const until = new Date(previous.until) < latest ? previous.until : latest.toISOString();
    return { ...current, previous: { ...previous, until } };
  });
}

/** Without the secrets that are over. */
export const resealCredentials = (
  owner: { readonly tenantId: string; readonly connectionId: string },
  credentials: SealedCredentials,
  now: Date,
  reseal: Reseal,
): SealedCredentials =>
  mapCredentials(credentials, (name, { previous, ...current }) => {
    const again = <T extends { readonly sealed: SealedSecret }>(one: T): T => ({
      ...one,
      sealed: reseal(one.sealed, [owner.tenantId, owner.connectionId, name]),
    });
    const isOver = previous === undefined || new Date(previous.until) <= now;
    return { ...again(current), ...(isOver ? {} : { previous: again(previous) }) };
  });

const mapCredentials = (
  credentials: SealedCredentials,
  change: (name: string, credential: SealedCredential) => SealedCredential,
): SealedCredentials =>
  Object.fromEntries(
    Object.entries(credentials).map(([name, credential]) => [name, change(name, credential)]),
  );

const isOfWebhook = (fields: readonly CredentialField[], name: string): boolean =>
  fields.find((field) => field.name === name)?.role === 'webhook';

export const openCredential = (
  box: SecretBox,
  owner: { readonly tenantId: string; readonly connectionId: string },
  name: string,
  sealed: SealedSecret,
): string => box.open(sealed, [owner.tenantId, owner.connectionId, name]);
