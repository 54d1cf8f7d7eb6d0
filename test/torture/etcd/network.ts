import { execFileSync } from "node:child_process";

/** Where the coordinator listens: the enclosure itself, on the bridge of all machines. */
export const COORDINATOR = "10.146.255.253";

/** Where it listens: its API, and the bus. */
export const COORDINATOR_PORTS = [7420, 7422] as const;

function ip(...words: string[]): void {
	execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
}

/** A machine's own network: what its rehearsal says of it is so. */
export interface Place {
	/** Its own address among those of its loopback interface; the last two parts are those of its address. */
	readonly loopback: string;
	readonly address: string;
	/** The words that run a program there. */
	readonly before: readonly string[];
	/** Cuts it off, or joins it again. */
	link(state: "up" | "down"): void;
	/** Hides the coordinator's own ports alone from it, or shows them again: it hears nothing of its agent meanwhile, and etcd goes on. */
	coordinator(state: "hidden" | "there"): void;
	/** Gives it another address in place of its own, or its own again. */
	readdress(to: "another" | "own"): void;
}

/** Makes a bridge and so many machines on it, in namespaces that end with the enclosure. Leaves one that is there already. */
export function makePlaces(count: number): Place[] {
	try {
		ip("link", "add", "hub", "type", "bridge");
		ip("address", "add", `${COORDINATOR}/16`, "dev", "hub");
		ip("link", "set", "hub", "up");
	} catch {
		// An earlier trial made it.
	}
	return Array.from({ length: count }, (_, index) => makePlace(index + 1));
}

function makePlace(number: number): Place {
	const [name, port, address] = [`machine${number}`, `port${number}`, `10.146.1.${number}`];
	const inside = (...words: string[]): void => ip("-n", name, ...words);
	try {
		ip("netns", "add", name);
		ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name);
		ip("link", "set", port, "master", "hub", "up");
		inside("address", "add", `${address}/16`, "dev", "eth0");
		inside("link", "set", "eth0", "up");
		inside("link", "set", "lo", "up");
	} catch (error) {
		if (!/exists/.test(String((error as { stderr?: Buffer }).stderr))) throw error;
		ip("link", "set", port, "up");
	}
	return {
		loopback: `127.64.1.${number}`,
		address,
		before: ["ip", "netns", "exec", name],
		link: (state) => ip("link", "set", port, state),
		coordinator(state) {
			for (const port of COORDINATOR_PORTS)
				inside("rule", state === "hidden" ? "add" : "del", "ipproto", "tcp", "dport", String(port), "blackhole");
		},
		readdress(to) {
			const other = address.replace(".146.1.", ".146.2.");
			const [comes, goes] = to === "another" ? [other, address] : [address, other];
			// First the old one: it takes others of its network with it.
			inside("address", "del", `${goes}/16`, "dev", "eth0");
			inside("address", "add", `${comes}/16`, "dev", "eth0");
		},
	};
}
