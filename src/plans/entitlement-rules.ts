import { fieldErrors } from '../domain/errors.js';
import type { FeatureType } from '../features/features.types.js';
import type { EntitlementTerms } from './entitlements.types.js';

const FIELDS = {
  usageLimit: 'usage_limit',
  usageResetPeriod: 'usage_reset_period',
  isSoftLimit: 'is_soft_limit',
  staticValue: 'static_value',
  configValue: 'config_value',
} as const;

type Field = keyof typeof FIELDS;

/** What an entitlement can say of a feature of that type, besides whether it is enabled. */
const MEANINGFUL: Readonly<Record<FeatureType, readonly Field[]>> = {
  metered: ['usageLimit', 'usageResetPeriod', 'isSoftLimit'],
  boolean: [],
  static: ['staticValue'],
  config: ['configValue'],
};

const REQUIRED: Readonly<Partial<Record<FeatureType, Field>>> = {
  static: 'staticValue',
  config: 'configValue',
};

/** Refuses terms that would mean nothing, rather than keep them without effect. `path` leads to them in the body. */
export function assertEntitlementTerms(type: FeatureType, terms: EntitlementTerms, path = ''): void {
  const errors: Record<string, string> = {};
  const at = (field: Field): string => `${path}${FIELDS[field]}`;
  for (const field of Object.keys(FIELDS) as Field[]) {
    const value = terms[field];
    if (value === undefined || value === false || MEANINGFUL[type].includes(field)) continue;
    errors[at(field)] = `${at(field)} says nothing of a ${type} feature`;
  }
  const required = REQUIRED[type];
  if (required !== undefined && (terms[required] === undefined || terms[required] === ''))
    errors[at(required)] = `${at(required)} is required for a ${type} feature`;
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
}
