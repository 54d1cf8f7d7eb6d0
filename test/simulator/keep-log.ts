import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
	apply,
	Chain,
	createSnapshots,
	EMPTY_FLEET,
	fleetFromJson,
	fleetToJson,
} from "@rollcall/coordinator/simulator";

/**
 * Writes a log as one that later versions have to read: its entries, a line each, and the state that this version makes of them. Throws an Error for
 * a log that is not whole, or has an entry that is packed and so no line.
 */
export async function keepLog(folder: string, stored: ReadonlyMap<number, Uint8Array>): Promise<void> {
	const chain = new Chain(0, "first");
	const lines: string[] = [];
	let fleet = EMPTY_FLEET;
	for (const [position, bytes] of stored) {
		const { events, flaws } = chain.take(position, bytes);
		const line = new TextDecoder().decode(bytes);
		if (flaws.length > 0 || !line.startsWith("{"))
			throw new Error(`entry ${position} cannot be kept: take another seed`);
		lines.push(line);
		fleet = events.reduce(apply, fleet);
	}
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "entries.jsonl"), `${lines.join("\n")}\n`);
	const snapshots = createSnapshots({
		dataFolder: folder,
		toJson: fleetToJson,
		fromJson: fleetFromJson,
		onDamaged: () => {},
	});
	await snapshots.save({ origin: "simulated", position: lines.length, fleet });
	renameSync(join(folder, "snapshot.json"), join(folder, "snapshot"));
}
