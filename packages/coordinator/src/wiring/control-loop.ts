import { MAX_SNAPSHOTS } from "@rollcall/protocol";
import { firstDocument } from "../adapters/files/first-document.ts";
import { createLogMarks } from "../adapters/files/log-mark.ts";
import { createSnapshots } from "../adapters/files/snapshots.ts";
import type { Door } from "../adapters/http/door.ts";
import { createKeptStates } from "../adapters/nats/kept-states.ts";
import { migrateFleet } from "../domain/fleet-form.ts";
import { fleetFromJson, fleetToJson, stateDigest } from "../domain/snapshot.ts";
import { ControlLoop } from "../loop/control-loop.ts";
import type { RememberedTargets } from "../loop/remembered-targets.ts";
import type { Base } from "./base.ts";
import type { BusParts } from "./bus.ts";
import type { Keys } from "./keys.ts";

/** A loop that was not started, and a way to hear whether it leads. */
interface Loop {
	readonly core: ControlLoop;
	/** Calls `listener` whenever this coordinator begins to lead, or does not any more. */
	onLeading(listener: (leads: boolean) => void): void;
}

/** The loop that appends, with its log, its snapshots and what an empty log begins with. `url`: where this coordinator's API is. */
export function createLoop(
	{ config, log, clock, metrics, failpoint, ...own }: Base,
	{ connection, eventLog, ...bus }: BusParts,
	{
		keys,
		targets,
		url,
		door,
	}: {
		readonly keys: Omit<Keys, "accounts">;
		readonly targets: RememberedTargets;
		readonly url: () => string;
		readonly door: Door;
	},
): Loop {
	const listeners: ((leads: boolean) => void)[] = [];
	const core = new ControlLoop({
		...bus,
		coordinatorId: own.id,
		url,
		openLog: () => eventLog.open(),
		snapshots: createSnapshots({
			dataFolder: config.dataFolder,
			toJson: fleetToJson,
			fromJson: fleetFromJson,
			onDamaged: (reason) => log.warn(reason),
			files: own.files,
		}),
		states: createKeptStates(connection, {
			replicas: "external" in config.nats ? config.nats.external.replicas : 1,
			toJson: fleetToJson,
			fromJson: (json) => fleetFromJson(migrateFleet(json)),
			same: (a, b) => stateDigest(a) === stateDigest(b),
		}),
		marks: createLogMarks({
			dataFolder: config.dataFolder,
			onTrouble: (error) => log.warn({ err: error }, "could not note how far the event log was read"),
		}),
		sharedBus: !("embedded" in config.nats),
		clock,
		connected: () => connection.connected(),
		reconnects: () => connection.reconnects(),
		summarize: targets.summarize,
		letIn: door.letIn,
		trust: () => keys.pki.trust(),
		beginning: async () => ({
			hadLog: await own.seenLog.hadOther(eventLog.origin()),
			document: await firstDocument(own.lastDocument, config.document),
			adminTokenHash: own.admin.hash,
			snapshots: await keys.snapshots.list(MAX_SNAPSHOTS),
		}),
		failpoint,
		watcher: {
			onLeading: (leads) => {
				for (const listener of listeners) listener(leads);
				if (!leads) metrics.logSize(undefined);
				log.info(
					{ coordinatorId: own.id },
					leads ? "this coordinator leads" : "this coordinator does not lead any more",
				);
			},
			onLogSize: metrics.logSize,
			onTurn: (ms) => metrics.turn(ms / 1000),
			onAppend: (outcome, ms) => metrics.append(outcome, ms / 1000),
			onTrouble: (what, error) => log.error({ err: error }, what),
		},
	});
	return { core, onLeading: (listener) => void listeners.push(listener) };
}
