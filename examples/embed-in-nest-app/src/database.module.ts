import { Global, Module } from '@nestjs/common';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';

/** The shop's own table, in its own schema. */
@Entity('orders')
export class Order {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  invoice!: string;
}

/** The shop's own data source. It knows nothing of billing, and billing works in its transactions all the same. */
@Global()
@Module({
  providers: [
    {
      provide: DataSource,
      useFactory: () =>
        new DataSource({
          type: 'postgres',
          url: process.env.DATABASE_URL ?? '',
          entities: [Order],
          synchronize: true,
        }).initialize(),
    },
  ],
  exports: [DataSource],
})
export class DatabaseModule {}
