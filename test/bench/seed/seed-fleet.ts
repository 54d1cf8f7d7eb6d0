import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { adminToken, chunkEvents, createPki, openEmbedded, openLog } from "@rollcall/coordinator/trials";
import { parse } from "yaml";
import { repository } from "../../support/places.ts";
import { eventsOfReadyFleet, type SeededMachine } from "./ready-fleet.ts";

/** A data folder with a full log, and who is in it. */
export interface SeededFleet {
	readonly dataFolder: string;
	readonly machines: readonly SeededMachine[];
}

/** The rehearsal's document, with flannel: a routed pod network has fewer shares than the largest fleets of the bench have nodes. */
export const DOCUMENT = JSON.stringify(
	withFlannel(readFileSync(join(repository, "deploy/examples/rehearsal.yaml"), "utf8")),
);

function withFlannel(text: string): object {
	const { kubernetes, ...rest } = parse(text) as { kubernetes: object };
	return { ...rest, kubernetes: { ...kubernetes, podNetwork: "flannel" } };
}

/**
 * Writes the log of a fleet into an empty data folder, as a coordinator would have: the events come out of the same
 * decisions and go through the same append. Only time is missing in it: everything happened within the last second.
 */
export async function seedFleet(dataFolder: string, count: number): Promise<SeededFleet> {
	const { hash } = await adminToken(dataFolder);
	const bus = await openEmbedded({ dataFolder, coordinatorId: "seed", wall: Date.now, now: Date.now });
	try {
		const log = await openLog(bus.connection);
		const trust = await createPki(join(dataFolder, "keys", "authorities"), { wall: Date.now }).trust();
		const fleet = eventsOfReadyFleet({ count, document: DOCUMENT, adminTokenHash: hash, trust });
		let position = 0;
		for (const entry of fleet.entries)
			for (const chunk of chunkEvents(entry)) ({ position } = await log.append(chunk, position));
		return { dataFolder, machines: fleet.machines };
	} finally {
		await bus.close();
	}
}

/** Copies a seeded folder, so that each section has one of its own. */
export function copyFleet(fleet: SeededFleet, to: string): SeededFleet {
	cpSync(fleet.dataFolder, to, { recursive: true });
	return { ...fleet, dataFolder: to };
}
