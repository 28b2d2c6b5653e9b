import assert from 'node:assert/strict';
import type { RemovedCustomer } from '../providers/provider-objects.js';
import { settled } from './connection.cases.js';
import type { ContractCase, ContractHarness, CustomerControls } from './harness.js';
import { bench, customerOf, firstTry, present, refused } from './kit.js';

export function customerCases(harness: ContractHarness, controls: CustomerControls): ContractCase[] {
  const address = { line1: 'Dorset Street 1', city: 'London', postalCode: 'W1U 6QS', country: 'GB' };
  const full = { phone: '+441234', address };
  const cases: ContractCase[] = [
    {
      name: 'a customer reads back as it was pushed',
      run: async () => {
        const on = bench(harness);
        const customer = customerOf(full);
        const { remoteId } = await present(on.open().customers).push(customer, firstTry(harness));
        const read = await present(on.open().customers).fetch(remoteId);
        assert.equal(read?.customerId, customer.customerId);
        assert.equal(read.externalId, customer.externalId);
        assert.equal(read.name, customer.name);
        assert.equal(read.email, customer.email);
        assert.equal(read.phone, customer.phone);
        assert.deepEqual(read.address, address);
        assert.equal(read.deleted, false);
        assert.equal(read.foreign, false);
      },
    },
    {
      name: 'a mapped customer is changed, and what became empty is cleared',
      run: async () => {
        const on = bench(harness);
        const customers = present(on.open().customers);
        const customer = customerOf(full);
        const { remoteId } = await customers.push(customer, firstTry(harness));
        const changed = { ...customer, name: 'Ada King', phone: undefined, address: undefined, remoteId };
        assert.equal((await customers.push(changed, firstTry(harness))).remoteId, remoteId);
        const read = await customers.fetch(remoteId);
        assert.equal(read?.name, 'Ada King');
        assert.equal(read.phone, undefined);
        assert.equal(read.address, undefined);
        assert.equal(read.email, customer.email);
        assert.equal(controls.list(on.connection, customer.customerId).length, 1);
      },
    },
    {
      name: 'a mapped customer that was deleted there is made anew',
      run: async () => {
        const on = bench(harness);
        const customers = present(on.open().customers);
        const customer = customerOf();
        const { remoteId } = await customers.push(customer, firstTry(harness));
        await controls.delete(on.connection, remoteId);
        const gone = await customers.fetch(remoteId);
        assert.ok(gone === null || gone.deleted, 'it is told as if it were there');
        const anew = await customers.push({ ...customer, remoteId }, firstTry(harness));
        assert.notEqual(anew.remoteId, remoteId);
        assert.equal(controls.list(on.connection, customer.customerId).length, 1);
      },
    },
    {
      name: 'a matching customer that nobody has marked is adopted',
      run: async () => {
        const on = bench(harness);
        const customer = customerOf();
        const existing = await controls.create(on.connection, {
          name: 'From the shop',
          email: present(customer.email),
        });
        const answer = await present(on.open().customers).push(customer, firstTry(harness));
        assert.equal(answer.remoteId, existing);
        assert.equal(answer.customerId, customer.customerId);
      },
    },
    {
      name: 'a customer with the same e-mail that is another of ours is left alone',
      run: async () => {
        const on = bench(harness);
        const customers = present(on.open().customers);
        const [one, two] = [customerOf(), customerOf()];
        const first = await customers.push(one, firstTry(harness));
        const second = await customers.push({ ...two, email: one.email }, firstTry(harness));
        assert.notEqual(second.remoteId, first.remoteId);
        assert.equal((await customers.fetch(first.remoteId))?.customerId, one.customerId);
      },
    },
    {
      name: 'a customer of ours is removed, another time without harm; one that was there before us stays',
      run: async () => {
        const on = bench(harness);
        const customers = present(on.open().customers);
        if (!('remove' in customers)) return;
        const customer = customerOf();
        const { remoteId } = await customers.push(customer, firstTry(harness));
        const remove = (id: string, owner: string): Promise<RemovedCustomer> =>
          present(customers.remove?.(id, owner, firstTry(harness)));
        assert.equal((await remove(remoteId, customer.customerId)).outcome, 'deleted');
        assert.equal((await remove(remoteId, customer.customerId)).outcome, 'gone');
        assert.equal(controls.list(on.connection, customer.customerId).length, 0);
        const guest = customerOf();
        const fields = { name: 'From the shop', email: present(guest.email) };
        const existing = await controls.create(on.connection, fields);
        await customers.push(guest, firstTry(harness));
        assert.equal((await remove(existing, guest.customerId)).outcome, 'released');
        const left = await customers.fetch(existing);
        assert.equal(left?.deleted, false);
        assert.equal(left.customerId, undefined);
      },
    },
    {
      name: 'a customer that the provider has never heard of is null',
      run: async () => {
        assert.equal(await present(bench(harness).open().customers).fetch('unknown_0000'), null);
      },
    },
  ];
  if (harness.marksEnvironments)
    cases.push({
      name: 'a customer of another environment is foreign, and is not taken over',
      run: async () => {
        const on = bench(harness);
        const customer = customerOf();
        const mine = await present(on.open().customers).push(customer, firstTry(harness));
        const other = bench(harness, { ...on.connection, environmentId: 'env_other' });
        const theirs = present(other.open().customers);
        const read = await theirs.fetch(mine.remoteId);
        assert.equal(read?.foreign, true);
        assert.equal(read.customerId, undefined);
        const twin = customerOf({ email: customer.email });
        assert.notEqual((await theirs.push(twin, firstTry(harness))).remoteId, mine.remoteId);
        const mapped = { ...twin, remoteId: mine.remoteId };
        await refused(other, theirs.push(mapped, firstTry(harness)), 'conflict');
      },
    });
  return cases.map((one) => settled(harness, one));
}
