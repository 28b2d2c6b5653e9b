import { NOTHING_SYNCED, parseSyncConfig } from './sync-config.types.js';

describe('sync config', () => {
  it('reads the guides’ spelling and the contract’s into one form', () => {
    const guide = parseSyncConfig({ customer_outbound_enabled: true, plan_inbound_enabled: true });
    const contract = parseSyncConfig({
      customer: { outbound: true },
      plan: { inbound: true, outbound: false },
    });
    expect(guide).toEqual(contract);
    expect(guide.customer).toEqual({ inbound: false, outbound: true });
  });

  it('switches nothing on by itself', () => {
    expect(parseSyncConfig({})).toEqual(NOTHING_SYNCED);
  });

  it('changes only what an update names', () => {
    const base = parseSyncConfig({ invoice: { outbound: true }, customer: { outbound: true } });
    expect(parseSyncConfig({ invoice_outbound_enabled: false }, base)).toEqual({
      ...base,
      invoice: { inbound: false, outbound: false },
    });
  });

  it('refuses the same switch in both spellings with different values, naming both', () => {
    expect(() => parseSyncConfig({ invoice: { outbound: true }, invoice_outbound_enabled: false })).toThrow(
      'invoice.outbound and sync_config.invoice_outbound_enabled',
    );
  });

  it.each([
    [{ invoices: { outbound: true } }, 'invoices is unknown'],
    [{ invoice_outbound: true }, 'invoice_outbound is unknown'],
    [{ invoice: true }, 'must be an object'],
    [{ invoice_outbound_enabled: 'yes' }, 'must be true or false'],
  ])('refuses %j', (input, message) => {
    expect(() => parseSyncConfig(input)).toThrow(message);
  });
});
