import { html, type Fragment, type Markup } from './html.js';
import { isObject, text } from './json.js';
import { isWellFormedCard, methodByNumber, TEST_METHODS, type TestMethod } from './test-cards.js';

export interface CardFormOptions {
  readonly action: string;
  readonly button: string;
  /** Sandbox time: the card that is filled in must not have expired in it. */
  readonly now: number;
  /** Said above the form: why the last try did not work. */
  readonly problem?: string | undefined;
  readonly email?: string | null | undefined;
  readonly askEmail?: boolean;
  readonly offerToSave?: boolean;
  readonly more?: Fragment;
}

/** The form of every hosted page: filled in already, and usable without any script. */
export function cardForm(options: CardFormOptions): Markup {
  const year = (new Date(options.now).getUTCFullYear() + 3) % 100;
  return html`<form method="post" action="${options.action}">
    ${options.problem !== undefined && html`<p class="bad" role="alert">${options.problem}</p>`}
    ${
      options.askEmail === true &&
      html`<label for="email">Email</label>
        <input id="email" name="email" type="email" value="${options.email ?? 'jenny@example.com'}" />`
    }
    <label for="card_number">Card number</label>
    <input id="card_number" name="card_number" value="4242 4242 4242 4242" inputmode="numeric" required />
    <div class="row">
      <div>
        <label for="exp">Expires</label>
        <input id="exp" name="exp" value="12 / ${String(year).padStart(2, '0')}" />
      </div>
      <div>
        <label for="cvc">CVC</label>
        <input id="cvc" name="cvc" value="123" inputmode="numeric" />
      </div>
    </div>
    <label for="name">Name on card</label>
    <input id="name" name="name" value="Jenny Rosen" />
    <label for="test_card">Or try a test method</label>
    <select id="test_card" name="test_card">
      <option value="">The card above</option>
      ${TEST_METHODS.map(
        ({ number, title }) => html`<option value="${number}">${title} (…${number.slice(-4)})</option>`,
      )}
    </select>
    ${
      options.offerToSave === true &&
      html`<label class="check"
        ><input type="checkbox" name="save" value="on" /> Save for later payments</label
      >`
    }
    ${options.more}
    <button type="submit">${options.button}</button>
  </form>`;
}

/** The step in which a bank asks its customer; the answer is posted to where the payment was. */
export function authenticationForm(action: string, hidden: Readonly<Record<string, string>> = {}): Markup {
  return html`<form method="post" action="${action}">
    <h1>Your bank wants to know that it is you</h1>
    <p class="soft">This is where a bank would ask for a code. The sandbox lets you choose.</p>
    ${Object.entries(hidden).map(
      ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
    )}
    <button type="submit" name="authenticate" value="complete">It is me</button>
    <button type="submit" name="authenticate" value="fail" class="plain">Fail the authentication</button>
  </form>`;
}

export interface CardFormInput {
  readonly number: string;
  readonly expiry: { readonly month: number; readonly year: number } | undefined;
  readonly email: string | null;
  readonly name: string | null;
  readonly save: boolean;
  readonly authentication: 'complete' | 'fail' | undefined;
  /** As posted, to be posted again with the answer to the bank's question. */
  readonly fields: Readonly<Record<string, string>>;
}

export function readCardForm(body: unknown): CardFormInput {
  const fields: Record<string, string> = {};
  if (isObject(body)) for (const [name, value] of Object.entries(body)) fields[name] = text(value);
  const { test_card: picked = '', card_number: typed = '', authenticate } = fields;
  const [, month, year] = /^\s*(\d{1,2})\s*\/\s*(\d{2,4})\s*$/.exec(fields.exp ?? '') ?? [];
  return {
    number: picked === '' ? typed : picked,
    expiry:
      month === undefined || year === undefined
        ? undefined
        : { month: Number(month), year: (Number(year) % 100) + 2000 },
    email: emptyToNull(fields.email),
    name: emptyToNull(fields.name),
    save: fields.save === 'on' || fields.save === 'true',
    authentication: authenticate === 'complete' || authenticate === 'fail' ? authenticate : undefined,
    fields,
  };
}

function emptyToNull(value: string | undefined): string | null {
  return value === undefined || value.trim() === '' ? null : value.trim();
}

export type Chosen = { readonly method: TestMethod } | { readonly problem: string };

/** The test method that was typed or picked. Real cards are refused, as in any test mode. */
export function chosenMethod(input: CardFormInput, now: Date): Chosen {
  const method = methodByNumber(input.number);
  if (method === undefined) {
    return {
      problem: isWellFormedCard(input.number)
        ? 'Your card was declined. Only test cards work here.'
        : 'Your card number is incorrect.',
    };
  }
  const { expiry } = input;
  if (expiry !== undefined && method.kind === 'card') {
    if (expiry.month < 1 || expiry.month > 12) return { problem: "Your card's expiration month is invalid." };
    if (Date.UTC(expiry.year, expiry.month, 1) <= now.getTime()) {
      return { problem: "Your card's expiration year is in the past." };
    }
  }
  return { method };
}
