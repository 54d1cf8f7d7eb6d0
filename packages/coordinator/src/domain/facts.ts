import type { Facts } from "@rollcall/protocol";
import { canonicalJson } from "@rollcall/protocol";

/** True when two sets of facts tell the same, apart from room in memory, which always changes. */
export function sameFacts(a: Facts, b: Facts): boolean {
	return a === b || canonicalJson(lasting(a)) === canonicalJson(lasting(b));
}

function lasting(facts: Facts): unknown {
	return {
		...facts,
		memory: { totalBytes: facts.memory.totalBytes },
		tmpfs: facts.tmpfs.map(({ path, totalBytes }) => ({ path, totalBytes })),
	};
}

/** The machine's address for people: that of the default route's NIC, else the first IPv4 address of a NIC that is up. */
export function addressOf(facts: Facts): string | undefined {
	const route = facts.defaultRoute?.nic;
	const nics = facts.nics.filter((nic) => nic.up).sort((a, b) => Number(b.name === route) - Number(a.name === route));
	const address = nics.flatMap((nic) => nic.addresses).find((text) => text.includes("."));
	return address?.split("/")[0];
}
