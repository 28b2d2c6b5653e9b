import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { migrateDatabase } from 'flexprice-nest';
import { AppModule } from './app.module.js';

/** The shop, listening. Without an adapter, Nest takes Express. */
export async function startShop(platform: 'express' | 'fastify', port: number): Promise<INestApplication> {
  await migrateDatabase({ url: process.env.DATABASE_URL ?? '' });
  const options = { rawBody: true, logger: ['error', 'warn'] as ('error' | 'warn')[] };
  const app =
    platform === 'fastify'
      ? await NestFactory.create(AppModule, new FastifyAdapter(), options)
      : await NestFactory.create(AppModule, options);
  app.setGlobalPrefix('internal');
  app.enableShutdownHooks();
  await app.listen(port, '127.0.0.1');
  return app;
}
