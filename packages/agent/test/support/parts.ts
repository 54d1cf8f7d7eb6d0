import { WRITE_ROOTS } from "@rollcall/protocol";
import { type Disk, nodeDisk } from "../../src/adapters/files/disk.ts";
import { createMemory } from "../../src/adapters/files/memory.ts";
import { createTargetFiles } from "../../src/adapters/files/target-files.ts";
import { nodeKeyring } from "../../src/adapters/keys/keyring.ts";
import { createProber } from "../../src/adapters/probes/prober.ts";
import { systemClock } from "../../src/adapters/system-clock.ts";
import type { ApplyParts } from "../../src/loop/apply.ts";
import { createWallet } from "../../src/loop/wallet.ts";
import { LinkError, type Log } from "../../src/ports.ts";
import type { ScriptedUnits } from "./scripted-units.ts";
import { BOOT } from "./targets.ts";

/** A log that keeps its lines. */
export function createKeptLog(): Log & { readonly lines: string[] } {
	const lines: string[] = [];
	const entry = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
	return { lines, debug: entry, info: entry, warn: entry, error: entry };
}

/** Everything real below a root, but for the units. */
export function applyParts(
	root: string,
	units: ScriptedUnits,
	disk: Disk = nodeDisk,
): ApplyParts & { log: ReturnType<typeof createKeptLog> } {
	const memory = createMemory(`${root}/run/rollcall/state`);
	const log = createKeptLog();
	return {
		wallet: createWallet({
			memory,
			keyring: nodeKeyring,
			clock: systemClock,
			log,
			random: () => 0,
			bootId: BOOT,
			certify: async () => {
				throw new LinkError("nobody certifies here");
			},
			fenced: () => {},
		}),
		files: createTargetFiles({ root, writeRoots: WRITE_ROOTS }, disk),
		units,
		prober: createProber({ loopback: "127.0.0.1", root, plain: true }, units),
		memory,
		clock: systemClock,
		log,
		writeRoots: WRITE_ROOTS,
	};
}

/** Polls until a condition holds; throws after 10 s. */
export async function until(what: string, holds: () => boolean): Promise<void> {
	const end = performance.now() + 10_000;
	while (!holds()) {
		if (performance.now() > end) throw new Error(`not within 10 s: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}
