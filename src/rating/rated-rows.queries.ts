import { SERVED_STATUSES } from '../domain/subscribing/subscription-states.js';
import { sqlWords } from '../platform/database/sql-words.js';

/**
 * SQL for what changes whenever anything does that decides what the running subscriptions of customer $1 in currency $2
 * cost, but usage: Postgres gives every version of a row the number of the transaction that wrote it. To be read before
 * what is to be remembered under it.
 */
export const RATED_ROWS_VERSION = `(WITH RECURSIVE
  subs AS (
    SELECT id, plan_id, continues_id, xmin::text AS version FROM subscriptions
     WHERE customer_id = $1 AND currency = $2 AND status = 'published'
       AND subscription_status IN (${sqlWords(SERVED_STATUSES)})
    UNION SELECT s.id, s.plan_id, s.continues_id, s.xmin::text FROM subscriptions s JOIN subs ON s.id = subs.continues_id),
  lines AS (
    SELECT l.id, l.price_id, l.xmin FROM subscription_line_items l JOIN subs ON l.subscription_id = subs.id
     WHERE l.status = 'published'),
  pauses AS (SELECT p.id, p.xmin FROM subscription_pauses p JOIN subs ON p.subscription_id = subs.id),
  added AS (
    SELECT a.id, a.addon_id, a.xmin FROM addon_associations a JOIN subs ON a.subscription_id = subs.id
     WHERE a.status = 'published'),
  charged AS (SELECT id, meter_id, xmin FROM prices WHERE id IN (SELECT price_id FROM lines)),
  entitled AS (
    SELECT id, feature_id, xmin FROM entitlements
     WHERE status = 'published'
       AND ((entity_type = 'PLAN' AND entity_id IN (SELECT plan_id FROM subs))
            OR (entity_type = 'ADDON' AND entity_id IN (SELECT addon_id FROM added))
            OR (entity_type = 'SUBSCRIPTION' AND entity_id IN (SELECT id FROM subs)))),
  metered AS (SELECT id, meter_id, xmin FROM features WHERE id IN (SELECT feature_id FROM entitled))
  SELECT md5(string_agg(one.id || ' ' || one.version, ',' ORDER BY one.id)) AS version FROM (
    SELECT id, xmin::text AS version FROM customers WHERE id = $1
    UNION ALL SELECT id, version FROM subs
    UNION ALL SELECT id, xmin::text FROM lines
    UNION ALL SELECT id, xmin::text FROM pauses
    UNION ALL SELECT id, xmin::text FROM added
    UNION ALL SELECT id, xmin::text FROM charged
    UNION ALL SELECT id, xmin::text FROM entitled
    UNION ALL SELECT id, xmin::text FROM metered
    UNION ALL SELECT id, xmin::text FROM meters
               WHERE id IN (SELECT meter_id FROM charged UNION ALL SELECT meter_id FROM metered)) one)`;
