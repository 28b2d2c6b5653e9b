import dns from 'node:dns';
import net from 'node:net';
import type { LookupFunction } from 'node:net';

/** Never: what clouds tell machines about themselves, keys among it, is served there. */
const LINK_LOCAL = blockList(['169.254.0.0/16'], ['fe80::/10']);

/** Of no use to the outside, after the registries of special addresses (RFC 6890). */
const PRIVATE = blockList(
  [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.0.0.0/24'],
    ...['192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
  ],
  ['::/128', '::1/128', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', 'fc00::/7', 'ff00::/8'],
);

/** Why nothing may be sent to that address; undefined when it may. */
export function refusalOf(
  address: string,
  { toPrivate }: { readonly toPrivate: boolean },
): string | undefined {
  const family = net.isIPv6(address) ? 'ipv6' : 'ipv4';
  if (LINK_LOCAL.check(address, family)) return `${address} is a link-local address`;
  if (!toPrivate && PRIVATE.check(address, family)) return `${address} is an address of a private network`;
  return undefined;
}

/**
 * Looks a name up for a connection, and answers no address that is refused: what a name means is told anew at each
 * connection, so looking at it before would prove nothing.
 */
export const guardedLookup =
  (options: { readonly toPrivate: boolean }): LookupFunction =>
  (hostname, { all, ...rest }, callback) => {
    dns.lookup(hostname, { ...rest, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const allowed = addresses.filter(({ address }) => refusalOf(address, options) === undefined);
      const [first] = allowed;
      if (first === undefined) {
        const [refused] = addresses;
        const why = refused === undefined ? 'it has no address' : refusalOf(refused.address, options);
        callback(new Error(`${hostname} is not called: ${why}`), '', 0);
      } else if (all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };

function blockList(v4: readonly string[], v6: readonly string[]): net.BlockList {
  const list = new net.BlockList();
  for (const [family, subnets] of [['ipv4', v4] as const, ['ipv6', v6] as const])
    for (const subnet of subnets) {
      const [address = '', bits = ''] = subnet.split('/');
      list.addSubnet(address, Number(bits), family);
    }
  return list;
}
