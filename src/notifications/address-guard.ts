import dns from 'node:dns';
import net from 'node:net';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `private`: a setting allows it. What is neither public nor private, nothing does. */
type Verdict = 'public' | 'private' | 'metadata' | 'link-local' | 'unknown';
type Octets = readonly number[];

/** Where clouds tell machines about themselves, keys among it, outside of link-local addresses. */
const METADATA = new Set([
  'fd00:ec2::254', // AWS
  'fd20:ce::254', // Google Cloud
  '100.100.100.200', // Alibaba Cloud
  '192.0.0.192', // Oracle Cloud
  '168.63.129.16', // Azure
]);

const SENTENCES: Readonly<Record<Exclude<Verdict, 'public'>, string>> = {
  private: 'is an address of a private network',
  metadata: 'is a metadata address of a cloud',
  'link-local': 'is a link-local address',
  unknown: 'is no IP address',
};

/** Later ones are worse. */
const WORSE: readonly Verdict[] = ['public', 'private', 'metadata', 'link-local', 'unknown'];
const worst = (verdicts: readonly Verdict[]): Verdict =>
  WORSE.findLast((verdict) => verdicts.includes(verdict)) ?? 'unknown';

/** Why nothing may be sent to that address; undefined when it may. */
export function refusalOf(
  address: string,
  { toPrivate }: { readonly toPrivate: boolean },
): string | undefined {
  const verdict = judge(address);
  if (verdict === 'public' || (verdict === 'private' && toPrivate)) return undefined;
  return `${address} ${SENTENCES[verdict]}`;
}

function judge(text: string): Verdict {
  // Stricter than the parser, which also reads the short and octal forms of old programs.
  if (net.isIP(text) === 0) return 'unknown';
  const address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv4) return judgeIPv4(address);
  return METADATA.has(address.toString()) ? 'metadata' : judgeIPv6(address);
}

function judgeIPv4(address: ipaddr.IPv4): Verdict {
  if (METADATA.has(address.toString())) return 'metadata';
  const range = address.range();
  if (range === 'linkLocal') return 'link-local';
  return range === 'unicast' ? 'public' : 'private';
}

/** An address that carries an IPv4 address goes where that goes, and is judged as it. */
function judgeIPv6(address: ipaddr.IPv6): Verdict {
  const range = address.range();
  const octets = address.toByteArray();
  const at = (...places: readonly number[]): Octets => places.map((place) => octets[place] ?? 0);
  const lastFour = at(12, 13, 14, 15);
  const isWellKnown = octets[5] === 0;
  if (range === 'linkLocal') return 'link-local';
  if (range === 'ipv4Mapped' || range === 'rfc6145' || (range === 'rfc6052' && isWellKnown))
    return judgeOctets(lastFour);
  if (range === 'rfc6052') {
    // 64:ff9b:1::/48 is for translators within a network, and carries the address in any of these places.
    const places = [at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12), lastFour];
    return worst(['private', ...places.map(judgeOctets)]);
  }
  if (range === '6to4') return judgeOctets(at(2, 3, 4, 5));
  if (range === 'teredo')
    return worst([judgeOctets(at(4, 5, 6, 7)), judgeOctets(lastFour.map((octet) => octet ^ 0xff))]);
  if (range !== 'unicast') return 'private';
  if (octets.slice(0, 12).every((octet) => octet === 0)) return judgeOctets(lastFour);
  // Only 2000::/3 is handed out.
  return ((octets[0] ?? 0) & 0xe0) === 0x20 ? 'public' : 'private';
}

const judgeOctets = (octets: Octets): Verdict => judgeIPv4(new ipaddr.IPv4([...octets]));

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
