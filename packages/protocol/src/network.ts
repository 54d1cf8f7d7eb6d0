/** A network or an address with its prefix: `base` is the first address as a number, `bits` 32 or 128, `prefix` the mask's length. */
export interface Network {
	readonly base: bigint;
	readonly address: bigint;
	readonly prefix: number;
	readonly bits: 32 | 128;
}

/** Reads an IPv4 or IPv6 address (RFC 4291, section 2.2; without zone). Undefined when it is none. */
export function parseAddress(text: string): { readonly value: bigint; readonly bits: 32 | 128 } | undefined {
	if (text.includes(":")) {
		const value = parseIpv6(text);
		return value === undefined ? undefined : { value, bits: 128 };
	}
	const value = parseIpv4(text);
	return value === undefined ? undefined : { value, bits: 32 };
}

/** Reads CIDR notation. `192.0.2.7/24` is a network whose `address` is the host's own. Undefined when it is none. */
export function parseNetwork(text: string): Network | undefined {
	const [host, prefixText, ...rest] = text.split("/");
	if (host === undefined || prefixText === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefixText))
		return undefined;
	const address = parseAddress(host);
	const prefix = Number(prefixText);
	if (!address || prefix > address.bits) return undefined;
	const hostBits = BigInt(address.bits - prefix);
	return { base: (address.value >> hostBits) << hostBits, address: address.value, prefix, bits: address.bits };
}

/** True when one of the networks lies in the other. */
export function overlaps(a: Network, b: Network): boolean {
	if (a.bits !== b.bits) return false;
	const shift = BigInt(a.bits - Math.min(a.prefix, b.prefix));
	return a.base >> shift === b.base >> shift;
}

/** True when the address lies in the network. */
export function contains(network: Network, address: { readonly value: bigint; readonly bits: 32 | 128 }): boolean {
	const shift = BigInt(network.bits - network.prefix);
	return network.bits === address.bits && network.base >> shift === address.value >> shift;
}

/** The `index`-th address of a network, as text. The caller sees to it that it lies inside. */
export function addressAt(network: Network, index: number): string {
	return formatAddress(network.base + BigInt(index), network.bits);
}

/** The network as text, with its first address. */
export function formatNetwork(network: Network): string {
	return `${formatAddress(network.base, network.bits)}/${network.prefix}`;
}

/** An address as text; IPv6 in the form of RFC 5952. */
export function formatAddress(value: bigint, bits: 32 | 128): string {
	if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join(".");
	const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
	const run = longestZeroRun(groups);
	const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
	if (!run) return text(groups);
	return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } | undefined {
	let best: { start: number; length: number } | undefined;
	for (let start = 0; start < groups.length; start++) {
		let length = 0;
		while (groups[start + length] === 0) length++;
		if (length >= 2 && length > (best?.length ?? 0)) best = { start, length };
	}
	return best;
}

function parseIpv4(text: string): bigint | undefined {
	const parts = text.split(".");
	if (parts.length !== 4) return undefined;
	let value = 0n;
	for (const part of parts) {
		// A leading zero is octal for some programs and decimal for others, so it is no address at all.
		if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
		value = (value << 8n) | BigInt(part);
	}
	return value;
}

function parseIpv6(text: string): bigint | undefined {
	const halves = text.split("::");
	if (halves.length > 2) return undefined;
	const head = readGroups(halves[0] ?? "", halves.length === 1);
	const tail = halves.length === 2 ? readGroups(halves[1] ?? "", true) : [];
	if (!head || !tail) return undefined;
	const missing = 8 - head.length - tail.length;
	if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
	const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
	return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

function readGroups(text: string, mayEndInIpv4: boolean): bigint[] | undefined {
	if (text === "") return [];
	const parts = text.split(":");
	const groups: bigint[] = [];
	for (const [index, part] of parts.entries()) {
		if (mayEndInIpv4 && index === parts.length - 1 && part.includes(".")) {
			const ipv4 = parseIpv4(part);
			if (ipv4 === undefined) return undefined;
			groups.push(ipv4 >> 16n, ipv4 & 0xffffn);
		} else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
		else return undefined;
	}
	return groups;
}
