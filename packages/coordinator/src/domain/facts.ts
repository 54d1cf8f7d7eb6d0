import { type Facts, type Mac, sameJson } from "@rollcall/protocol";

/** True when two sets of facts tell the same, apart from room in memory, which always changes. */
export function sameFacts(a: Facts, b: Facts): boolean {
	return a === b || sameJson(lasting(a), lasting(b));
}

function lasting(facts: Facts): unknown {
	return {
		...facts,
		memory: { ...facts.memory, availableBytes: 0 },
		tmpfs: facts.tmpfs.map((room) => ({ ...room, freeBytes: 0 })),
	};
}

/** The machine's address for people: that of the default route's NIC, else the first IPv4 address of a NIC that is up. */
export function addressOf(facts: Facts): string | undefined {
	const address = mainNicsFirst(facts)
		.filter((nic) => nic.up)
		.flatMap((nic) => nic.addresses)
		.find((text) => text.includes("."));
	return address?.split("/")[0];
}

/** The MAC that stands for the machine: that of the default route's NIC, else of the first one that is up, else of the first. */
export function macOf(facts: Facts): Mac | undefined {
	return mainNicsFirst(facts)[0]?.mac;
}

function mainNicsFirst({ nics, defaultRoute }: Facts): Facts["nics"] {
	const rank = (nic: Facts["nics"][number]) => Number(nic.name === defaultRoute?.nic) * 2 + Number(nic.up);
	return [...nics].sort((a, b) => rank(b) - rank(a));
}
