let form = (text: string): string => text;

/**
 * A number of a JSON text that a double would change: `9007199254740993` would become `9007199254740992`. In JSON it is
 * shown as a string, because whoever reads it with doubles would change it again.
 */
export class ExactNumber {
  /** `text`: in plain notation, without trailing zeros. */
  constructor(readonly text: string) {}

  toJSON(): string {
    return form(this.text);
  }
}

/** As JSON.stringify, with such numbers in another form. */
export function withNumbersAs(other: (text: string) => string, value: unknown): string {
  const before = form;
  form = other;
  try {
    return JSON.stringify(value);
  } finally {
    form = before;
  }
}
