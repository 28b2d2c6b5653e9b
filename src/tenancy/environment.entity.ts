import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** `test` environments have a clock that can be moved; `live` ones run on real time for ever. */
export type EnvironmentKind = 'test' | 'live';

@Entity('environments')
@Index('environments_tenant', ['tenantId'])
export class EnvironmentEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  tenantId!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  kind!: EnvironmentKind;

  @Column({ type: 'text', default: 'published' })
  status!: string;

  @Column({ type: 'timestamptz' })
  createdAt!: Date;

  @Column({ type: 'timestamptz' })
  updatedAt!: Date;
}
