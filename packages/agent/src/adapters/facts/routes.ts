import type { Facts } from "@rollcall/protocol";
import { ipv6Text, isUp } from "./nics.ts";
import type { Source } from "./read-text.ts";

interface Route {
	readonly nic: string;
	readonly destination: string;
	readonly gateway: string;
	readonly metric: number;
	readonly prefix: number;
}

/** Flags of /proc/net/route and ipv6_route (linux/route.h, ipv6_route.h). */
const RTF_UP = 0x0001;
const RTF_REJECT = 0x0200;
const RTF_LOCAL = 0x8000_0000;

/**
 * The default route that is taken: over an interface that is up, with the smallest metric, IPv4 before IPv6; and all other destinations, from /proc/net/route and
 * /proc/net/ipv6_route. Only routes over the named interfaces count: pod networks have others, and come and go. `own`: destinations of the agent's own.
 */
export function readRoutes(
	source: Source,
	nics: readonly string[],
	own: ReadonlySet<string> = new Set(),
): Pick<Facts, "routes" | "defaultRoute"> {
	const all = [
		...lines(source, "/proc/net/route").flatMap(parseIpv4),
		...lines(source, "/proc/net/ipv6_route").flatMap(parseIpv6),
	].filter((route) => nics.includes(route.nic));
	const isIpv6 = (route: Route) => Number(route.gateway.includes(":"));
	const isDown = (route: Route) => Number(!isUp(source, route.nic));
	const [first] = all
		.filter((route) => route.prefix === 0)
		.sort((a, b) => isDown(a) - isDown(b) || isIpv6(a) - isIpv6(b) || a.metric - b.metric);
	const routes = all
		.filter((route) => route.prefix > 0 && !own.has(route.destination))
		.slice(0, 256)
		.map(({ destination, nic }) => ({ destination, nic }));
	return { routes, ...(first ? { defaultRoute: { nic: first.nic, gateway: first.gateway } } : {}) };
}

function lines(source: Source, path: string): string[][] {
	return (source.text(path) ?? "").split("\n").map((line) => line.trim().split(/\s+/));
}

/** `Iface Destination Gateway Flags RefCnt Use Metric Mask ...`, addresses as hexadecimal in the machine's byte order. */
function parseIpv4([
	nic = "",
	destination = "",
	gateway = "",
	flags = "",
	,
	,
	metric = "",
	mask = "",
]: string[]): Route[] {
	const words = [destination, gateway, mask];
	if (!words.every((word) => /^[0-9A-Fa-f]{8}$/.test(word)) || (Number.parseInt(flags, 16) & RTF_UP) === 0) return [];
	if ((Number.parseInt(flags, 16) & RTF_REJECT) !== 0) return [];
	const prefix = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === "1").length;
	return [
		{ nic, destination: `${ipv4(destination)}/${prefix}`, gateway: ipv4(gateway), metric: Number(metric) || 0, prefix },
	];
}

function ipv4(hex: string): string {
	return (hex.match(/../g) ?? [])
		.reverse()
		.map((byte) => Number.parseInt(byte, 16))
		.join(".");
}

/** `destination prefix source prefix gateway metric refcnt use flags iface`, all hexadecimal. */
function parseIpv6([
	destination = "",
	length = "",
	,
	,
	gateway = "",
	metric = "",
	,
	,
	flags = "",
	nic = "",
]: string[]): Route[] {
	if (!/^[0-9a-f]{32}$/.test(destination) || !/^[0-9a-f]{32}$/.test(gateway)) return [];
	const bits = Number.parseInt(flags, 16);
	if ((bits & RTF_UP) === 0 || (bits & RTF_REJECT) !== 0 || bits >>> 31 === RTF_LOCAL >>> 31) return [];
	// Link-local and multicast destinations are on every interface and say nothing.
	if (/^(?:fe[89ab]|ff)/.test(destination)) return [];
	const prefix = Number.parseInt(length, 16);
	if (!(prefix >= 0 && prefix <= 128)) return [];
	return [
		{
			nic,
			destination: `${ipv6Text(destination)}/${prefix}`,
			gateway: ipv6Text(gateway),
			metric: Number.parseInt(metric, 16) || 0,
			prefix,
		},
	];
}
