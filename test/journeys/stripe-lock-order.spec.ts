import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';

/** Two webhooks of one charge once waited for each other until the database ended one of them, a second later. */
it('whoever tells of a payment waits for its invoice before it takes the payment', async () => {
  const road = await Road.start();
  const other = new pg.Client({ connectionString: road.server.database.url });
  await other.connect();
  const { tenantId, environmentId } = road.server.tenant;
  await other.query(
    `SELECT set_config('role', 'flexprice_app', false), set_config('app.tenant_id', $1, false),
            set_config('app.environment_id', $2, false)`,
    [tenantId, environmentId],
  );
  try {
    await road.connectStripe();
    const customer = await road.customer('in-order');
    await road.saveCard(customer.id as string);
    road.sandbox.stripe.pauseWebhooks();
    const invoice = await road.invoice(customer.id as string, [{ amount: '10' }], {
      collection_method: 'charge_automatically',
    });
    await road.paid(invoice.id as string);
    await road.settled(invoice.id as string);
    const [payment] = (await road.api.get(`/payments?destination_id=${invoice.id}`)).items;

    await other.query('BEGIN');
    await other.query('SELECT 1 FROM billing.invoices WHERE id = $1 FOR UPDATE', [invoice.id]);
    road.sandbox.stripe.resumeWebhooks();
    await eventually('somebody waits for the invoice', async () => {
      const waiting = await road.server.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length > 0;
    });
    await other.query('SELECT 1 FROM billing.payments WHERE id = $1 FOR UPDATE NOWAIT', [payment.id]);
    await other.query('COMMIT');
    await eventually('it says what it was paid with', async () => {
      const [row] = await road.server.database.query(
        'SELECT method_details AS told FROM payments WHERE id = $1',
        [payment.id],
      );
      return (row?.told as { last4?: string } | null)?.last4 === '4242';
    });
  } finally {
    await other.end();
    await road.stop();
  }
});
