/** How an issuer refuses. */
export interface CardRefusal {
  readonly code: string;
  readonly declineCode: string;
  readonly message: string;
  readonly advice: 'try_again_later' | 'do_not_try_again' | 'confirm_card_data' | undefined;
  readonly networkCode: string | undefined;
}

export interface TestCard {
  readonly kind: 'card';
  readonly number: string;
  readonly brand: 'visa' | 'mastercard' | 'amex' | 'discover';
  readonly funding: 'credit' | 'debit' | 'prepaid';
  /** Payment method token and card token under which the card can be named without its number. */
  readonly tokens: readonly string[];
  readonly title: string;
  readonly refusal?: CardRefusal;
  /** The refusal comes when money is taken, not when the card is saved. */
  readonly refusesChargeOnly?: boolean;
  readonly authentication?: 'always' | 'unless_set_up';
  readonly refund?: 'fails' | 'pending';
  /** The payment is disputed as soon as it has succeeded, or only asked about. */
  readonly dispute?: 'fraudulent' | 'inquiry';
}

/** A bank debit: accepted at once, settled or returned days later. */
export interface TestBankAccount {
  readonly kind: 'us_bank_account' | 'sepa_debit';
  /** An account number, or the IBAN of a SEPA debit. */
  readonly number: string;
  readonly tokens: readonly string[];
  readonly title: string;
  readonly settles: 'succeeds' | 'fails' | 'stays';
  readonly refusal?: CardRefusal;
}

export type TestMethod = TestCard | TestBankAccount;

function refusal(
  code: string,
  declineCode: string,
  message: string,
  advice?: CardRefusal['advice'],
  networkCode?: string,
): CardRefusal {
  return { code, declineCode, message, advice, networkCode };
}

const GENERIC_REFUSAL = refusal(
  'card_declined',
  'generic_decline',
  'Your card was declined.',
  'try_again_later',
  '01',
);

const INSUFFICIENT_FUNDS = refusal(
  'card_declined',
  'insufficient_funds',
  'Your card has insufficient funds.',
  'try_again_later',
  '51',
);

export const AUTHENTICATION_REQUIRED = refusal(
  'authentication_required',
  'authentication_required',
  'Your card was declined. This transaction requires authentication.',
);

function card(
  number: string,
  title: string,
  tokens: readonly string[],
  more: Partial<Omit<TestCard, 'kind' | 'number' | 'title' | 'tokens'>> = {},
): TestCard {
  return { kind: 'card', number, brand: 'visa', funding: 'credit', tokens, title, ...more };
}

const CARDS: readonly TestCard[] = [
  card('4242424242424242', 'Visa, succeeds', ['pm_card_visa', 'tok_visa']),
  card('4000056655665556', 'Visa debit, succeeds', ['pm_card_visa_debit', 'tok_visa_debit'], {
    funding: 'debit',
  }),
  card('5555555555554444', 'Mastercard, succeeds', ['pm_card_mastercard', 'tok_mastercard'], {
    brand: 'mastercard',
  }),
  card('378282246310005', 'American Express, succeeds', ['pm_card_amex', 'tok_amex'], { brand: 'amex' }),
  card('6011111111111117', 'Discover, succeeds', ['pm_card_discover', 'tok_discover'], { brand: 'discover' }),
  card(
    '4000000000000002',
    'Declined',
    ['pm_card_chargeDeclined', 'pm_card_visa_chargeDeclined', 'tok_chargeDeclined'],
    { refusal: GENERIC_REFUSAL },
  ),
  card(
    '4000000000009995',
    'Declined: insufficient funds',
    [
      'pm_card_chargeDeclinedInsufficientFunds',
      'pm_card_visa_chargeDeclinedInsufficientFunds',
      'tok_chargeDeclinedInsufficientFunds',
    ],
    { refusal: INSUFFICIENT_FUNDS },
  ),
  card('4000000000009987', 'Declined: lost card', ['pm_card_visa_chargeDeclinedLostCard'], {
    refusal: refusal('card_declined', 'lost_card', 'Your card was declined.', 'do_not_try_again', '41'),
  }),
  card('4000000000009979', 'Declined: stolen card', ['pm_card_visa_chargeDeclinedStolenCard'], {
    refusal: refusal('card_declined', 'stolen_card', 'Your card was declined.', 'do_not_try_again', '43'),
  }),
  card(
    '4000000000000069',
    'Declined: expired card',
    ['pm_card_chargeDeclinedExpiredCard', 'tok_chargeDeclinedExpiredCard'],
    { refusal: refusal('expired_card', 'expired_card', 'Your card has expired.', 'do_not_try_again', '54') },
  ),
  card(
    '4000000000000127',
    'Declined: incorrect CVC',
    ['pm_card_chargeDeclinedIncorrectCvc', 'tok_chargeDeclinedIncorrectCvc'],
    {
      refusal: refusal(
        'incorrect_cvc',
        'incorrect_cvc',
        "Your card's security code is incorrect.",
        'confirm_card_data',
        'N7',
      ),
    },
  ),
  card(
    '4000000000000119',
    'Declined: processing error',
    ['pm_card_chargeDeclinedProcessingError', 'tok_chargeDeclinedProcessingError'],
    {
      refusal: refusal(
        'processing_error',
        'processing_error',
        'An error occurred while processing your card. Try again in a little bit.',
        'try_again_later',
        '96',
      ),
    },
  ),
  card(
    '4000000000000341',
    'Can be saved, declines when charged',
    ['pm_card_chargeCustomerFail', 'tok_chargeCustomerFail'],
    { refusal: GENERIC_REFUSAL, refusesChargeOnly: true },
  ),
  card(
    '4000002500003155',
    'Asks for authentication unless it was saved with it',
    ['pm_card_authenticationRequiredOnSetup'],
    { authentication: 'unless_set_up' },
  ),
  card(
    '4000002760003184',
    'Asks for authentication every time',
    ['pm_card_authenticationRequired', 'pm_card_threeDSecure2Required'],
    { authentication: 'always' },
  ),
  card(
    '4000008260003178',
    'Asks for authentication, then insufficient funds',
    ['pm_card_authenticationRequiredChargeDeclinedInsufficientFunds'],
    { authentication: 'unless_set_up', refusal: INSUFFICIENT_FUNDS, refusesChargeOnly: true },
  ),
  card('4000000000005126', 'Succeeds, a refund fails later', ['pm_card_refundFail'], { refund: 'fails' }),
  card('4000000000007726', 'Succeeds, a refund is pending first', ['pm_card_pendingRefund'], {
    refund: 'pending',
  }),
  card('4000000000000259', 'Succeeds, and is disputed at once', ['pm_card_createDispute'], {
    dispute: 'fraudulent',
  }),
  card('4000000000001976', 'Succeeds, and the bank asks about it at once', ['pm_card_createDisputeInquiry'], {
    dispute: 'inquiry',
  }),
];

const BANK_ACCOUNTS: readonly TestBankAccount[] = [
  {
    kind: 'us_bank_account',
    number: '000123456789',
    tokens: ['pm_usBankAccount_success'],
    title: 'Bank debit, succeeds after some days',
    settles: 'succeeds',
  },
  {
    kind: 'us_bank_account',
    number: '000222222227',
    tokens: ['pm_usBankAccount_insufficientFunds'],
    title: 'Bank debit, returned after some days: insufficient funds',
    settles: 'fails',
    refusal: refusal(
      'payment_method_provider_decline',
      'insufficient_funds',
      "The customer's bank account has insufficient funds.",
    ),
  },
  {
    kind: 'us_bank_account',
    number: '000111111113',
    tokens: ['pm_usBankAccount_accountClosed'],
    title: 'Bank debit, returned after some days: account closed',
    settles: 'fails',
    refusal: refusal('account_closed', 'account_closed', "The customer's bank account has been closed."),
  },
  {
    kind: 'us_bank_account',
    number: '000000000009',
    tokens: ['pm_usBankAccount_processing'],
    title: 'Bank debit, stays in processing',
    settles: 'stays',
  },
];

/** Those that a hosted page of the sandbox takes. */
export const TEST_METHODS: readonly TestMethod[] = [...CARDS, ...BANK_ACCOUNTS];

/** Through the API only: no page asks for an IBAN. */
const SEPA_ACCOUNTS: readonly TestBankAccount[] = [
  ...['AT611904300234573201', 'AT321904300235473204'].map((number) => sepa(number, 'succeeds')),
  ...['AT861904300235473202', 'IT60X0542811101000000123456'].map((number) => sepa(number, 'fails')),
];

function sepa(number: string, settles: 'succeeds' | 'fails'): TestBankAccount {
  return { kind: 'sepa_debit', number, tokens: [], title: `SEPA debit, ${settles} after some days`, settles };
}

export function accountByIban(written: string): TestBankAccount | undefined {
  const iban = written.replace(/\s/g, '').toUpperCase();
  return SEPA_ACCOUNTS.find(({ number }) => number === iban);
}

/** Digits as people type them, with blanks and dashes. */
export function methodByNumber(written: string): TestMethod | undefined {
  const digits = written.replace(/[\s-]/g, '');
  return TEST_METHODS.find(({ number }) => number === digits);
}

export function methodByToken(token: string): TestMethod | undefined {
  return TEST_METHODS.find(({ tokens }) => tokens.includes(token));
}

export function isToken(id: string): boolean {
  return methodByToken(id) !== undefined;
}

/** A number that could be a card's but is none of ours: well formed, then it is an ordinary card. */
export function isWellFormedCard(written: string): boolean {
  const digits = written.replace(/[\s-]/g, '');
  if (!/^\d{13,19}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    let digit = Number(digits.charAt(digits.length - 1 - i));
    if (i % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}
