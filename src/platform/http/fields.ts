import { Expose, Transform } from 'class-transformer';
import { IsOptional, ValidateIf } from 'class-validator';
import { validationError } from '../../domain/errors.js';

/** What holds for fields of any kind. The kinds are in the files beside this one, each with its bounds. */

/**
 * Other spellings of a field, as the public guides write it. Both spellings with different values are refused:
 * guessing which one was meant would be worse.
 */
export function Alias(...others: readonly string[]): PropertyDecorator {
  return (target, property) => {
    const name = String(property);
    Expose()(target, property);
    Transform(({ value, obj }: { value: unknown; obj: Record<string, unknown> }) => {
      let found = value;
      for (const other of others) {
        const alternative = obj[other];
        if (alternative === undefined || alternative === null) continue;
        if (found === undefined || found === null) found = alternative;
        else if (found !== alternative)
          throw validationError(`${name} and ${other} mean the same and differ`, {
            fields: { [name]: 'differs', [other]: 'differs' },
          });
      }
      return found;
    })(target, property);
  };
}

/** The field may be left out. Unlike class-validator's own, it does not let a present `null` pass: those are dropped before. */
export const Optional = (): PropertyDecorator => IsOptional();

/** The field is required only when the condition holds. Given anyhow, it keeps its rules: somebody would read it as if it did. */
export const RequiredWhen = (condition: (body: never) => boolean): PropertyDecorator =>
  ValidateIf((body: object, value: unknown) => value !== undefined || condition(body as never));
