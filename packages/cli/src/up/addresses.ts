import { createServer } from "node:net";

/** The first port that rehearsal machines listen on: kubelet's health port. */
const PROBED_PORT = 10_248;
const FIRST_HOST = 10;
/** How many machines one base has room for. */
export const MOST_MACHINES = 200;
const TRIES = 32;

/** A TCP port on 127.0.0.1 that nobody uses now. */
export async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, "127.0.0.1", resolve);
	});
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (typeof address !== "object" || address === null) throw new Error("the system named no port");
	return address.port;
}

/**
 * One loopback address for each of `count` machines: 127.x.y.10 and on, x from 64 to 127. A block of which any address is in
 * use by another rehearsal is passed over. `random` gives numbers from 0 to 1. Undefined when no block was free.
 */
export async function pickLoopbacks(count: number, random: () => number): Promise<string[] | undefined> {
	for (let tries = 0; tries < TRIES; tries += 1) {
		const block = `127.${64 + Math.floor(random() * 64)}.${Math.floor(random() * 256)}`;
		const addresses = Array.from({ length: count }, (_, index) => `${block}.${FIRST_HOST + index}`);
		const free = await Promise.all(addresses.map((address) => isFree(address, PROBED_PORT)));
		if (free.every(Boolean)) return addresses;
	}
	return undefined;
}

/** Whether nobody listens at this address and port. */
export function isFree(address: string, port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", () => resolve(false));
		server.listen(port, address, () => server.close(() => resolve(true)));
	});
}
