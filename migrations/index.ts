import { Foundation1763700000001 } from './0001-foundation.js';
import { Catalogue1763700000002 } from './0002-catalogue.js';
import { Usage1763700000003 } from './0003-usage.js';
import { Billing1763700000004 } from './0004-billing.js';
import { Integrations1763700000005 } from './0005-integrations.js';
import { UsagePartitions1763700000006 } from './0006-usage-partitions.js';
import { UsageRollups1763700000007 } from './0007-usage-rollups.js';
import { WebhookGroups1763700000008 } from './0008-webhook-groups.js';
import { CreditsAndSchedules1763700000009 } from './0009-credits-and-schedules.js';
import { Catalog1763700000010 } from './0010-catalog.js';
import { Wallets1763700000011 } from './0011-wallets.js';
import { SubscriptionLife1763700000012 } from './0012-subscription-life.js';
import { InvoiceDocuments1763700000013 } from './0013-invoice-documents.js';
import { Commitments1763700000014 } from './0014-commitments.js';
import { Prorations1763700000015 } from './0015-prorations.js';
import { StoredInOneCall1763700000016 } from './0016-stored-in-one-call.js';
import { GrantAnchors1763700000018 } from './0018-grant-anchors.js';
import { RefundsAndDisputes1763700000020 } from './0020-refunds-and-disputes.js';
import { ImportedSubscriptions1763700000021 } from './0021-imported-subscriptions.js';
import { EventsOfAnEntity1763700000022 } from './0022-events-of-an-entity.js';
import { AddonGrants1763700000023 } from './0023-addon-grants.js';
import { UsageOfThisHour1763700000024 } from './0024-usage-of-this-hour.js';
import { WebhookIndexes1763700000025 } from './0025-webhook-indexes.js';
import { OutboundWebhooks1763700000026 } from './0026-outbound-webhooks.js';
import { ParkedJobs1763700000027 } from './0027-parked-jobs.js';
import { PlanChangeChains1763700000028 } from './0028-plan-change-chains.js';
import { SettledLines1763700000029 } from './0029-settled-lines.js';
import { CarriedCredits1763700000030 } from './0030-carried-credits.js';
import { WhatCreditsPayFor1763700000031 } from './0031-what-credits-pay-for.js';
import { ClocksInMotion1763700000032 } from './0032-clocks-in-motion.js';
import { WebhooksBySubject1763700000033 } from './0033-webhooks-by-subject.js';
import { JobsInOneCall1763700000034 } from './0034-jobs-in-one-call.js';
import { IdempotencyKeys1763700000035 } from './0035-idempotency-keys.js';
import { ClocksThatStand1763700000036 } from './0036-clocks-that-stand.js';
import { InvoiceAdjustments1763700000041 } from './0041-invoice-adjustments.js';
import { TurnsAndFailures1763700000051 } from './0051-turns-and-failures.js';
import { PausesThatGiveBack1763700000060 } from './0060-pauses-that-give-back.js';
import { WebhookHealth1763700000061 } from './0061-webhook-health.js';
import { GrantsOfKeys1763700000065 } from './0065-grants-of-keys.js';
import { MappingsByEntity1763700000066 } from './0066-mappings-by-entity.js';
import { PollsOfConnections1763700000068 } from './0068-polls-of-connections.js';
import { AuditTrail1763700000069 } from './0069-audit-trail.js';
import { Dashboards1763700000070 } from './0070-dashboards.js';
import { ClocksThatBeginEarlier1763700000071 } from './0071-clocks-that-begin-earlier.js';

/** In the order they run. Append; never edit one that has been released. */
export const migrations = [
  Foundation1763700000001,
  Catalogue1763700000002,
  Usage1763700000003,
  Billing1763700000004,
  Integrations1763700000005,
  UsagePartitions1763700000006,
  UsageRollups1763700000007,
  WebhookGroups1763700000008,
  CreditsAndSchedules1763700000009,
  Catalog1763700000010,
  Wallets1763700000011,
  SubscriptionLife1763700000012,
  InvoiceDocuments1763700000013,
  Commitments1763700000014,
  Prorations1763700000015,
  StoredInOneCall1763700000016,
  GrantAnchors1763700000018,
  RefundsAndDisputes1763700000020,
  ImportedSubscriptions1763700000021,
  EventsOfAnEntity1763700000022,
  AddonGrants1763700000023,
  UsageOfThisHour1763700000024,
  WebhookIndexes1763700000025,
  OutboundWebhooks1763700000026,
  ParkedJobs1763700000027,
  PlanChangeChains1763700000028,
  SettledLines1763700000029,
  CarriedCredits1763700000030,
  WhatCreditsPayFor1763700000031,
  ClocksInMotion1763700000032,
  WebhooksBySubject1763700000033,
  JobsInOneCall1763700000034,
  IdempotencyKeys1763700000035,
  ClocksThatStand1763700000036,
  InvoiceAdjustments1763700000041,
  TurnsAndFailures1763700000051,
  PausesThatGiveBack1763700000060,
  WebhookHealth1763700000061,
  GrantsOfKeys1763700000065,
  MappingsByEntity1763700000066,
  PollsOfConnections1763700000068,
  AuditTrail1763700000069,
  Dashboards1763700000070,
  ClocksThatBeginEarlier1763700000071,
] as const;
