import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Mac, normalizeMac } from "@rollcall/protocol";

const run = promisify(execFile);
const RUN_MS = 1_000;
/** How long a host may take to say that it has an address. The kernel asks three times, a second apart; who is there answers the first. */
const ANSWER_MS = 1_500;
const LOOK_EVERY_MS = 20;
/** RFC 863. Whether anybody listens there is all the same: the kernel has to find the host before it can send. */
const DISCARD = 9;

/** What a look at the link gives. */
export type Found = { readonly mac: Mac } | { readonly reason: string };

/**
 * Finds out who has an address on a link of this computer, now: what the kernel knew of it is forgotten and it asks the link again, since
 * an entry of before may be of a host that is gone. Never throws.
 */
export async function look(address: string): Promise<Found> {
	try {
		const family = isIPv6(address) ? "-6" : "-4";
		const [route] = await ip<{ gateway?: string; dev?: string; type?: string }>(family, "route", "get", address);
		const device = route?.dev;
		if (route === undefined || device === undefined || route.gateway !== undefined || device === "lo")
			return { reason: "the relay is on no link with this address" };
		const entry = async () => {
			const words = ["neighbour", "show", "to", address, "dev", device] as const;
			const [{ lladdr = "", state = [] } = {}] = await ip<{ lladdr?: string; state?: string[] }>(family, ...words);
			return { mac: normalizeMac(lladdr), state };
		};
		const known = await entry();
		if (known.state.includes("PERMANENT")) return known.mac ? { mac: known.mac } : { reason: "nobody has it" };
		if (known.mac !== undefined || known.state.length > 0)
			await run("ip", [family, "neighbour", "del", address, "dev", device], { timeout: RUN_MS }).catch(forgotten);
		await disturb(address);
		for (const end = performance.now() + ANSWER_MS; performance.now() < end; await sleep(LOOK_EVERY_MS)) {
			const { mac, state } = await entry();
			if (state.includes("FAILED")) break;
			if (mac !== undefined && !state.includes("INCOMPLETE")) return { mac };
		}
		return { reason: "nobody answers" };
	} catch (error) {
		return { reason: `the relay cannot look: ${(error as Error).message}`.replaceAll("\n", " ").trim().slice(0, 256) };
	}
}

async function ip<T>(...words: readonly string[]): Promise<T[]> {
	const { stdout } = await run("ip", ["-j", ...words], { timeout: RUN_MS });
	return JSON.parse(stdout || "[]") as T[];
}

/** An entry that went by itself is as good as one that was forgotten. */
function forgotten({ stderr = "", message }: Error & { readonly stderr?: string }): void {
	if (!/No such file|No such process/.test(stderr)) throw new Error(stderr || message);
}

/** Sends the address something, so that the kernel has to find out who has it. */
async function disturb(address: string): Promise<void> {
	const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
	socket.on("error", () => {});
	await new Promise<void>((resolve, reject) =>
		socket.send("", DISCARD, address, (error) => (error ? reject(error) : resolve())),
	).finally(() => socket.close());
}
