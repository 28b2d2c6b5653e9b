// The framework alone: NestJS on Fastify, one handler that answers a constant to a JSON body.
import 'reflect-metadata';
import { Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

class BareController {
  take() {
    return { message: 'taken', event_id: 'none' };
  }
}
const method = Object.getOwnPropertyDescriptor(BareController.prototype, 'take');
Post('bare')(BareController.prototype, 'take', method);
HttpCode(202)(BareController.prototype, 'take', method);
Controller()(BareController);

class BareModule {}
Module({ controllers: [BareController] })(BareModule);

const app = await NestFactory.create(BareModule, new FastifyAdapter({ bodyLimit: 32 * 1024 * 1024 }), {
  logger: false,
});
await app.listen(Number(process.argv[2]), '127.0.0.1');
console.log('ready');
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
