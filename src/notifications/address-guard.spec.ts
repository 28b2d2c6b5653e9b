import fc from 'fast-check';
import { refusalOf } from './address-guard.js';

const PUBLIC = [
  ...['1.1.1.1', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:1.1.1.1'],
  ...['64:ff9b::101:101', '2002:101:101::1'],
];
const PRIVATE = [
  ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.0.1', '172.16.0.1', '172.31.255.255'],
  ...['192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '192.0.2.1', '192.88.99.1'],
  ...['::', '::1', 'fc00::1', 'fdff::1', 'ff02::1', '::ffff:127.0.0.1', '64:ff9b::a00:1', '2002:a00:1::'],
  ...['::7f00:1', '::ffff:0:7f00:1', '2001:0:7f00:1::', 'fec0::1', '100::1', '2001:db8::1', '3fff::1'],
  // A prefix of a network's own translation, and what nobody has handed out.
  ...['64:ff9b:1::101:101', '4000::1'],
];
const LINK_LOCAL = [
  ...['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', '::ffff:169.254.169.254'],
  ...['::169.254.169.254', '64:ff9b::a9fe:a9fe', '64:ff9b:1::a9fe:a9fe', '64:ff9b:1:a9fe:a9:fe00::'],
  ...['2002:a9fe:a9fe::', '2001:0:a9fe:a9fe::'],
];
const METADATA = [
  ...['fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  ...['::ffff:100.100.100.200', '64:ff9b::a83f:8110'],
];

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

  it.each(METADATA)('%s, where a cloud tells machines about themselves: never', (address) => {
    for (const toPrivate of [false, true]) expect(refusalOf(address, { toPrivate })).toContain('metadata');
  });

  it('no address at all: never', () => {
    for (const address of ['', 'example.test', '1.2.3', '0x7f.1', '::g'])
      for (const toPrivate of [false, true])
        expect(refusalOf(address, { toPrivate })).toContain('no IP address');
  });

  it('an IPv4 address in an IPv6 one is judged as the IPv4 address', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const octets = fc.oneof(
      { weight: 3, arbitrary: fc.tuple(octet, octet, octet, octet) },
      // Those that a random address seldom is.
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
      fc.tuple(fc.constantFrom(10, 127, 0), octet, octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.constant<[number, number, number, number]>([100, 100, 100, 200]),
    );
    const verdict = (address: string, toPrivate: boolean): string =>
      refusalOf(address, { toPrivate })?.replace(address, '') ?? 'allowed';
    fc.assert(
      fc.property(octets, fc.boolean(), ([a, b, c, d], toPrivate) => {
        const hex = (high: number, low: number): string => ((high << 8) | low).toString(16);
        const [first, second] = [hex(a, b), hex(c, d)];
        // Teredo writes its client's address with every bit turned. The server before it is a public one.
        const [turnedFirst, turnedSecond] = [hex(a ^ 255, b ^ 255), hex(c ^ 255, d ^ 255)];
        const own = verdict([a, b, c, d].join('.'), toPrivate);
        const forms = {
          mapped: `::ffff:${first}:${second}`,
          translated: `::ffff:0:${first}:${second}`,
          nat64: `64:ff9b::${first}:${second}`,
          sixToFour: `2002:${first}:${second}::1`,
          teredoClient: `2001:0:101:101:0:0:${turnedFirst}:${turnedSecond}`,
          teredoServer: `2001:0:${first}:${second}:0:0:${hex(254, 254)}:${hex(254, 254)}`,
          // ::0.0.0.1 is IPv6's own loopback, and just as private.
          compatible: `::${first}:${second}`,
        };
        for (const address of Object.values(forms)) expect(verdict(address, toPrivate)).toBe(own);
      }),
    );
  });
});
