import { type BootId, type Facts, formatAddress, type Mac, parseNetwork, sha256Of } from "@rollcall/protocol";

/**
 * Facts of a machine that does not exist: like the given one, the `index`-th after it. Each address is the next one of its
 * network that none of `taken` has; ids and MACs are digests, the MACs locally administered (IEEE 802, section 8.4).
 */
export function standInFacts(like: Facts, index: number, taken: readonly Facts[]): Facts {
	const hex = sha256Of(`stand-in ${index} ${like.bootId}`).slice("sha256:".length);
	const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-4$3-a$4-$5").replace(/-(4|a)(.{3})./g, "-$1$2");
	const used = new Set(taken.flatMap(({ nics }) => nics.flatMap(({ addresses }) => addresses)));
	return {
		...like,
		bootId: id as BootId,
		hostname: `stand-in-${index}`,
		smbios: { ...like.smbios, uuid: id, serial: `stand-in-${index}` },
		...(like.macs ? { macs: like.macs.map((_, place) => macOf(`${hex} ${place}`)) } : {}),
		nics: like.nics.map((nic, place) => ({
			...nic,
			...(nic.mac ? { mac: macOf(`${hex} ${place}`) } : {}),
			addresses: nic.addresses.map((address) => nextFree(address, used)),
		})),
	};
}

function macOf(seed: string): Mac {
	const octets = sha256Of(seed).slice("sha256:".length).match(/../g) ?? [];
	return ["02", ...octets.slice(0, 5)].join(":") as Mac;
}

/** The next address of the network that is not in use; the same one where the network has no room. */
function nextFree(text: string, used: ReadonlySet<string>): string {
	const network = parseNetwork(text);
	if (!network) return text;
	const { base, prefix, bits } = network;
	const size = 1n << BigInt(bits - prefix);
	for (let step = 1n; step < size && step <= BigInt(used.size) + 2n; step++) {
		const offset = (network.address - base + step) % size;
		// Neither the network's own address nor its broadcast address.
		if (offset === 0n || offset === size - 1n) continue;
		const next = `${formatAddress(base + offset, bits)}/${prefix}`;
		if (!used.has(next)) return next;
	}
	return text;
}
