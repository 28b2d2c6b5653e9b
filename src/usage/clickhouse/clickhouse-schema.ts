import type { ClickHouseDatabase } from './clickhouse-database.js';

/** All of what the store keeps. Made at start where it is missing, by any number of servers at once. */
const TABLES: readonly string[] = [
  // The events that count. Sorted by what usage is asked for, so that a customer's month is one stretch of a part. The
  // sorting key is also what equal rows are told by: who finishes what a killed server began stores them again.
  `CREATE TABLE IF NOT EXISTS usage_events (
     tenant_id            LowCardinality(String),
     environment_id       LowCardinality(String),
     event_name           LowCardinality(String),
     external_customer_id String,
     occurred_at          DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
     id                   String,
     source               Nullable(String),
     received_at          DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
     -- As it was sent.
     properties           String CODEC(ZSTD),
     -- The properties as text, and those that are decimals, both read by the domain's rules when the event came.
     texts                Map(LowCardinality(String), String) CODEC(ZSTD),
     quantities           Map(LowCardinality(String), Decimal(38, 18)) CODEC(ZSTD),
     INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 1,
     INDEX by_receipt received_at TYPE minmax GRANULARITY 4
   )
   ENGINE = ReplacingMergeTree
   PARTITION BY toYYYYMM(occurred_at)
   ORDER BY (tenant_id, environment_id, event_name, external_customer_id, occurred_at, id)
   SETTINGS ttl_only_drop_parts = 1`,

  // Who has claimed an event id, and for which content. Not in partitions: an id counts once, whatever the months of
  // its copies. Short granules, because ids are looked up one by one.
  `CREATE TABLE IF NOT EXISTS usage_event_claims (
     tenant_id      LowCardinality(String),
     environment_id LowCardinality(String),
     event_id       String,
     write_id       UUID,
     is_withdrawn   Bool,
     content_hash   UInt64,
     occurred_at    DateTime64(3, 'UTC'),
     received_at    DateTime64(3, 'UTC'),
     claimed_at     DateTime64(3, 'UTC') DEFAULT now64(3),
     INDEX by_age claimed_at TYPE minmax GRANULARITY 32
   )
   ENGINE = MergeTree
   ORDER BY (tenant_id, environment_id, event_id)
   SETTINGS index_granularity = 256`,

  // The writes that have stored everything they claimed.
  `CREATE TABLE IF NOT EXISTS usage_writes (
     write_id    UUID,
     finished_at DateTime64(3, 'UTC') DEFAULT now64(3)
   )
   ENGINE = MergeTree
   ORDER BY write_id
   SETTINGS index_granularity = 1024`,

  // Copies that came with another content and were not taken: one of each content, the one that came first.
  `CREATE TABLE IF NOT EXISTS usage_event_conflicts (
     tenant_id            LowCardinality(String),
     environment_id       LowCardinality(String),
     event_id             String,
     content_hash         String,
     event_name           LowCardinality(String),
     external_customer_id String,
     source               Nullable(String),
     occurred_at          DateTime64(3, 'UTC'),
     is_timed             Bool,
     received_at          DateTime64(3, 'UTC'),
     properties           String CODEC(ZSTD),
     earliness            UInt64 DEFAULT 18446744073709551615 - toUInt64(toUnixTimestamp64Milli(received_at))
   )
   ENGINE = ReplacingMergeTree(earliness)
   ORDER BY (tenant_id, environment_id, event_id, content_hash)`,
];

/** What tells the age of a row. */
const AGED: Readonly<Record<string, string>> = {
  usage_events: 'occurred_at',
  usage_event_claims: 'occurred_at',
  usage_writes: 'finished_at',
  usage_event_conflicts: 'occurred_at',
};

export async function ensureSchema(
  database: ClickHouseDatabase,
  retentionMonths: number | undefined,
): Promise<void> {
  for (const table of TABLES) await database.command(table);
  await keep(database, retentionMonths);
}

/** A month goes as a whole, when it has ended that many months ago. Changed only where it differs: it rewrites parts. */
async function keep(database: ClickHouseDatabase, retentionMonths: number | undefined): Promise<void> {
  const wanted = retentionMonths === undefined ? undefined : retentionMonths + 1;
  const tables = await database.rows<{ name: string; engine_full: string }>(
    'SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() AND name IN {names:Array(String)}',
    { names: Object.keys(AGED) },
  );
  for (const { name, engine_full } of tables) {
    const kept = /\bTTL .*toIntervalMonth\((\d+)\)/.exec(engine_full)?.[1];
    if (kept === (wanted === undefined ? undefined : String(wanted))) continue;
    await database.command(
      wanted === undefined
        ? `ALTER TABLE ${name} REMOVE TTL`
        : `ALTER TABLE ${name} MODIFY TTL toStartOfMonth(${AGED[name] ?? ''}) + INTERVAL ${wanted} MONTH`,
    );
  }
}
