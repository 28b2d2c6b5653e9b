import 'reflect-metadata';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ContractPipe } from './contract.pipe.js';

interface RouteArgument {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes: unknown[];
}

const PARAMETER_TYPES = 'design:paramtypes';
const PLAIN: readonly unknown[] = [String, Boolean, Number, Array, Object, Buffer, Date, undefined];
const READ: readonly number[] = [RouteParamtypes.BODY, RouteParamtypes.QUERY];

/** What the handlers of controllers were declared with. */
const declared: { readonly prototype: object; readonly handler: string; readonly types: unknown[] }[] = [];

/**
 * Bodies and queries are read by the contract's pipe alone. Nest runs the global pipes of a host before it, and a
 * `ValidationPipe` would refuse or strip by rules that are not the contract's. It leaves alone what has no class: so the
 * class is taken from the signature, and told to our pipe. What describes the API asks for it ({@link withContractTypes}).
 */
export const readByContract: ClassDecorator = (controller) => {
  const prototype = controller.prototype as object;
  const pipe = new ContractPipe();
  for (const handler of Object.getOwnPropertyNames(prototype)) {
    const types = Reflect.getMetadata(PARAMETER_TYPES, prototype, handler) as unknown[] | undefined;
    const args = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) as
      Readonly<Record<string, RouteArgument>> | undefined;
    if (types === undefined || args === undefined) continue;
    const shown = [...types];
    for (const [key, { index, data, pipes }] of Object.entries(args)) {
      const metatype = types[index] as (new () => object) | undefined;
      if (!READ.includes(Number(key.split(':')[0])) || data !== undefined || PLAIN.includes(metatype))
        continue;
      pipes.push({
        transform: (value: unknown, metadata: object) =>
          pipe.transform(value, { ...metadata, metatype } as Parameters<ContractPipe['transform']>[1]),
      });
      shown[index] = Object;
    }
    declared.push({ prototype, handler, types });
    Reflect.defineMetadata(PARAMETER_TYPES, shown, prototype, handler);
  }
};

/** Runs `work`, which makes an OpenAPI document, with the request classes in the signatures of the routes. */
export function withContractTypes<T>(work: () => T): T {
  const shown = declared.map(({ prototype, handler, types }) => {
    const before: unknown = Reflect.getMetadata(PARAMETER_TYPES, prototype, handler);
    Reflect.defineMetadata(PARAMETER_TYPES, types, prototype, handler);
    return () => {
      Reflect.defineMetadata(PARAMETER_TYPES, before, prototype, handler);
    };
  });
  try {
    return work();
  } finally {
    for (const hide of shown) hide();
  }
}
