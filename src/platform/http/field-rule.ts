import { registerDecorator, type ValidationArguments, type ValidationOptions } from 'class-validator';

/** A rule that class-validator does not have. */
export const rule = (
  name: string,
  check: (value: unknown) => boolean,
  sentence: (args: ValidationArguments) => string,
  options?: ValidationOptions,
): PropertyDecorator =>
  function (target, property) {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(property),
      options: options ?? {},
      validator: { validate: check, defaultMessage: (args) => (args ? sentence(args) : name) },
    });
  };
