import { Module, type DynamicModule, type ModuleMetadata, type Type } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';

/** The published base path, and the one that the guides write. */
export const DEFAULT_BASES: readonly string[] = ['v1', 'api/v1'];

/**
 * Modules that serve the controllers below each of the paths. Nest knows one path for a module, so each is a module of its
 * own, of this call alone: another application in the process may have other paths.
 */
export function mountRoutes(
  bases: readonly string[],
  metadata: Pick<ModuleMetadata, 'imports' | 'providers'> & { readonly controllers: readonly Type[] },
): DynamicModule[] {
  return bases.flatMap((base) => {
    @Module({ ...metadata, controllers: [...metadata.controllers] })
    class Routes {}
    return [{ module: Routes }, RouterModule.register([{ path: base, module: Routes }])];
  });
}
