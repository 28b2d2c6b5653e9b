import { IsArray, IsString } from 'class-validator';
import { Transform } from 'class-transformer';
import { Optional } from '../platform/http/fields.js';

const asList = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' ? value.split(',').filter((item) => item !== '') : value,
);

export class SubscriptionEntitlementsRequest {
  @Optional()
  @asList
  @IsArray()
  @IsString({ each: true })
  feature_ids?: string[];
}

export class CustomerEntitlementsRequest extends SubscriptionEntitlementsRequest {
  @Optional()
  @asList
  @IsArray()
  @IsString({ each: true })
  subscription_ids?: string[];
}
