import { BlockList, isIP } from "node:net";

/** Addresses of this machine, of local networks, and of nobody (RFC 6890 and its registries). */
const SPECIAL_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];
const SPECIAL_IPV6 = [
  "::/128",
  "::1/128",
  "100::/64",
  "2001:db8::/32",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];
/** Prefixes of IPv6 addresses that hold an IPv4 one, and at which group of 16 bits it begins. */
const WITH_IPV4 = [
  { prefix: "64:ff9b::/96", group: 6 },
  { prefix: "::ffff:0:0/96", group: 6 },
  { prefix: "::/96", group: 6 },
  { prefix: "2002::/16", group: 1 },
];

function listOf(subnets: readonly string[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [net = "", bits] = subnet.split("/");
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}

const special4 = listOf(SPECIAL_IPV4, "ipv4");
const special6 = listOf(SPECIAL_IPV6, "ipv6");
const carriers = WITH_IPV4.map(({ prefix, group }) => ({ list: listOf([prefix], "ipv6"), group }));

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = text.split("::");
  const numbers = (part: string): number[] =>
    part
      .split(":")
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16));
  const front = numbers(head);
  const back = tail === undefined ? [] : numbers(tail);
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}

/**
 * Whether an IP address is one that a stranger's playlist has no business with: loopback, link-local, private, or
 * reserved. What is no IP address counts as such.
 */
export function isPrivateAddress(address: string): boolean {
  const bare = address.split("%")[0] ?? "";
  const kind = isIP(bare);
  if (kind === 4) return special4.check(bare, "ipv4");
  if (kind !== 6) return true;
  if (special6.check(bare, "ipv6")) return true;
  const carrier = carriers.find(({ list }) => list.check(bare, "ipv6"));
  if (carrier === undefined) return false;
  const groups = groupsOf(bare);
  const [high = 0, low = 0] = groups.slice(carrier.group, carrier.group + 2);
  return special4.check([high >> 8, high & 255, low >> 8, low & 255].join("."), "ipv4");
}
