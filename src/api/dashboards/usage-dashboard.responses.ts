export class UsageDayResponse {
  /** `2031-01-31`, in UTC. */
  day!: string;
  event_count!: number;
}

export class FeatureUsageDayResponse extends UsageDayResponse {
  /** What the meter makes of the day. */
  usage!: string;
}

export class FeatureUsageResponse {
  feature_id!: string;
  name!: string;
  event_name!: string;
  aggregation_type!: string;
  unit!: string | null;
  unit_plural!: string | null;
  event_count!: number;
  /** What the meter makes of the whole window, of all customers together. Null where days cannot be added up (COUNT_UNIQUE). */
  usage!: string | null;
  /** Days with events. */
  days!: FeatureUsageDayResponse[];
}

export class CustomerUsageResponse {
  external_customer_id!: string;
  /** Null where no customer has that id. */
  customer_id!: string | null;
  name!: string | null;
  event_count!: number;
}

export class UsageDashboardResponse {
  as_of!: Date;
  start_time!: Date;
  end_time!: Date;
  /** Of metered features; an event that several meters count is one. */
  event_count!: number;
  days!: UsageDayResponse[];
  features!: FeatureUsageResponse[];
  customers!: CustomerUsageResponse[];
  /** True where the events of customers were estimated from a part of more than 100,000. */
  customers_are_estimated!: boolean;
  /** False where there are more than 50 metered features: the oldest 50 are looked at. */
  is_complete!: boolean;
}
