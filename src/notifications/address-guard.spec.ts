import { refusalOf } from './address-guard.js';

const PUBLIC = ['1.1.1.1', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:1.1.1.1'];
const PRIVATE = [
  ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.0.1', '172.16.0.1', '172.31.255.255'],
  ...['192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
  ...['::', '::1', 'fc00::1', 'fdff::1', 'ff02::1', '::ffff:127.0.0.1', '64:ff9b::a00:1', '2002:a00:1::'],
];
const LINK_LOCAL = ['169.254.169.254', '169.254.0.1', 'fe80::1', '::ffff:169.254.169.254'];

describe('addresses that outbound webhooks may go to', () => {
  it.each(PUBLIC)('%s: in the internet', (address) => {
    expect(refusalOf(address, { toPrivate: false })).toBeUndefined();
  });

  it.each(PRIVATE)('%s: only where private networks are allowed', (address) => {
    expect(refusalOf(address, { toPrivate: false })).toContain('private network');
    expect(refusalOf(address, { toPrivate: true })).toBeUndefined();
  });

  it.each(LINK_LOCAL)('%s: never', (address) => {
    for (const toPrivate of [false, true]) expect(refusalOf(address, { toPrivate })).toContain('link-local');
  });
});
