import { isNoUplink, type Mac, type Nic, normalizeMac } from "@rollcall/protocol";
import type { Source } from "./read-text.ts";

const NET = "/sys/class/net";
const NOTHING = "00:00:00:00:00:00";
/** Bound of `Facts.nics`. */
const MAX_NICS = 64;
/** Bound of `Facts.macs`. */
const MAX_MACS = 256;
/** `addr_assign_type` of an address that the kernel drew by chance (sysfs-class-net). */
const RANDOM = "1";

/** Addresses by interface name, in CIDR notation. */
export type Addresses = ReadonlyMap<string, readonly string[]>;

/**
 * The interfaces that may lead out of the machine: all but those that are known not to. Where there are too many, those that
 * lead to everywhere come first, then those with addresses, those that are up, and the rest.
 */
export function readNics(source: Source, addresses: Addresses): Nic[] {
	const unusable = unusableAddresses(source);
	const found = interfaces(source).flatMap((name): Nic[] => {
		const own = (addresses.get(name) ?? []).filter(
			(cidr) => cidr.length <= 64 && !unusable.has(`${name} ${plain(cidr)}`),
		);
		if (own.length === 0 && (name === "lo" || isVirtualFunction(source, name))) return [];
		if (leadsInside(source, name)) return [];
		const mac = permanentMac(source, name);
		return [{ name, ...(mac ? { mac } : {}), up: isUp(source, name), addresses: own.slice(0, 32) }];
	});
	const everywhere = defaultInterfaces(source);
	const worth = ({ name, up, addresses }: Nic) =>
		(everywhere.has(name) ? 8 : 0) + (addresses.length > 0 ? 4 : 0) + (up ? 2 : 0) + (isCard(source, name) ? 1 : 0);
	const best = new Set([...found].sort((a, b) => worth(b) - worth(a)).slice(0, MAX_NICS));
	return found.filter((nic) => best.has(nic));
}

/**
 * The permanent MACs of the machine's own cards, sorted. Virtual functions are left out: they come and go with a setting. Where the
 * kernel shows no card at all (a container, a rehearsal), every interface counts. `told`: permanent MACs by
 * interface, as far as the kernel told them where sysfs does not.
 */
export function readMacs(source: Source, told: ReadonlyMap<string, Mac> = new Map()): Mac[] {
	const names = interfaces(source).filter((name) => name !== "lo");
	const cards = names.filter((name) => isCard(source, name) && !isVirtualFunction(source, name));
	const counted = cards.length > 0 ? cards : names.filter((name) => !leadsInside(source, name));
	const macs = counted.flatMap((name) => {
		const known = told.get(name) ?? bondedMac(source, name);
		if (known) return known;
		const drawn = cards.length > 0 && source.text(`${NET}/${name}/addr_assign_type`)?.trim() === RANDOM;
		return (drawn ? undefined : permanentMac(source, name)) ?? [];
	});
	return [...new Set(macs)].sort().slice(0, MAX_MACS);
}

/** The interfaces of default routes: of /proc/net/route the first column, of /proc/net/ipv6_route the last. */
function defaultInterfaces(source: Source): ReadonlySet<string> {
	const names = (path: string, route: RegExp) =>
		[...(source.text(path) ?? "").matchAll(route)].flatMap(([, name]) => name ?? []);
	return new Set([
		...names("/proc/net/route", /^(\S+)\s+00000000\s/gm),
		...names("/proc/net/ipv6_route", /^0{32} 00 .*\s(\S+)\s*$/gm),
	]);
}

/** True for an interface that carries traffic now; what does not know its state (a tunnel, a dummy) has a carrier. */
export function isUp(source: Source, name: string): boolean {
	const state = source.text(`${NET}/${name}/operstate`)?.trim();
	return state === "up" || (state === "unknown" && source.text(`${NET}/${name}/carrier`)?.trim() !== "0");
}

/** The folder also holds files (`bonding_masters`), which have no address. */
function interfaces(source: Source): string[] {
	return source.names(NET).filter((name) => name.length <= 32 && source.text(`${NET}/${name}/address`) !== undefined);
}

function isCard(source: Source, name: string): boolean {
	return source.names(`${NET}/${name}/device`).length > 0;
}

/** An SR-IOV function links to its card (`physfn`); inside a virtual machine it does not, and is a card. */
function isVirtualFunction(source: Source, name: string): boolean {
	return source.names(`${NET}/${name}/device`).includes("physfn");
}

/** By its name, or a bridge that only connects containers and virtual machines with each other. */
function leadsInside(source: Source, name: string): boolean {
	if (isNoUplink(name)) return true;
	const ports = source.names(`${NET}/${name}/brif`);
	return ports.length > 0 && ports.every(isNoUplink);
}

/** The burnt-in MAC where sysfs tells it, else the present one; none where it is no Ethernet address. */
function permanentMac(source: Source, name: string): Mac | undefined {
	return bondedMac(source, name) ?? macIn(source, `${NET}/${name}/address`);
}

/** A bond gives all its ports one address, and remembers their own. */
function bondedMac(source: Source, name: string): Mac | undefined {
	return macIn(source, `${NET}/${name}/bonding_slave/perm_hwaddr`);
}

function macIn(source: Source, path: string): Mac | undefined {
	const mac = normalizeMac(source.text(path) ?? "");
	return mac !== NOTHING ? mac : undefined;
}

/** Flags of /proc/net/if_inet6 (linux/if_addr.h): a temporary address (RFC 8981), a failed duplicate check, a deprecated one. */
const UNUSABLE = 0x01 | 0x08 | 0x20;

/**
 * IPv6 addresses that change or end by themselves, as `<interface> <address>`: nobody may be told to reach a node there.
 * A line is `<32 digits> <index> <prefix> <scope> <flags> <interface>`.
 */
function unusableAddresses(source: Source): ReadonlySet<string> {
	const lines = (source.text("/proc/net/if_inet6") ?? "").split("\n").map((line) => line.trim().split(/\s+/));
	return new Set(
		lines.flatMap(([digits = "", , , , flags = "", name = ""]) =>
			/^[0-9a-f]{32}$/.test(digits) && (Number.parseInt(flags, 16) & UNUSABLE) !== 0
				? [`${name} ${ipv6Text(digits)}`]
				: [],
		),
	);
}

/** An address without its prefix, IPv6 in the form of RFC 5952. */
function plain(cidr: string): string {
	const [address = ""] = cidr.split("/");
	if (!address.includes(":") || !URL.canParse(`http://[${address}]`)) return address;
	return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** The short text of an IPv6 address of 32 hexadecimal digits (RFC 5952), by the URL parser that Node brings. */
export function ipv6Text(digits: string): string {
	return new URL(`http://[${digits.match(/.{4}/g)?.join(":")}]`).hostname.slice(1, -1);
}
