/** Of a row of `environment_clocks` in real time `$2`: where the clock stands, while somebody moves it; null while it runs. */
export const STANDS_AT = `CASE WHEN held_until > $2::timestamptz THEN stands_at END`;

/** What it shows. */
export const SHOWN_TIME = `coalesce(${STANDS_AT}, $2::timestamptz + offset_ms * interval '1 millisecond')`;
