import { Delete, Get, Post, Put, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { notImplemented } from '../domain/errors.js';
import { OnlyReads } from '../platform/idempotency/route-kinds.js';
import { ApiController } from '../api/api-controller.js';
import { NOT_IMPLEMENTED, type DeclaredOperation } from './not-implemented.js';

interface RoutedRequest {
  readonly method: string;
  readonly routeOptions: { readonly url?: string };
}

const routeOf = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

const pathsOf = (method: DeclaredOperation['method']): string[] =>
  NOT_IMPLEMENTED.filter((one) => one.method === method).map(({ path }) => routeOf(path));

const BY_ROUTE = new Map(NOT_IMPLEMENTED.map((one) => [`${one.method} ${routeOf(one.path)}`, one]));

/**
 * Every declared operation that has no house yet. The router prefers a fixed segment to a parameter whatever the
 * order, so `GET /customers/usage` is refused here and `GET /customers/{id}` goes where it belongs.
 */
@ApiController('', 'Not implemented')
@ApiExcludeController()
export class NotImplementedController {
  @Get(pathsOf('GET'))
  get(@Req() request: RoutedRequest): never {
    return refuse(request);
  }

  @Post(pathsOf('POST'))
  @OnlyReads()
  post(@Req() request: RoutedRequest): never {
    return refuse(request);
  }

  @Put(pathsOf('PUT'))
  put(@Req() request: RoutedRequest): never {
    return refuse(request);
  }

  @Delete(pathsOf('DELETE'))
  delete(@Req() request: RoutedRequest): never {
    return refuse(request);
  }
}

function refuse({ method, routeOptions }: RoutedRequest): never {
  const route = (routeOptions.url ?? '').replace(/^(\/api)?\/v1/, '');
  // Clients ask HEAD where there is GET.
  const declared = BY_ROUTE.get(`${method === 'HEAD' ? 'GET' : method} ${route}`);
  throw notImplemented(
    `${declared?.operation ?? 'this operation'} is declared by the API and not implemented by this server yet`,
    declared === undefined ? {} : { ...declared },
  );
}
