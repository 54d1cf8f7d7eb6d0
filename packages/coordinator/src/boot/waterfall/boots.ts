import {
	type BootDocument,
	type BootStage,
	type Event,
	type EventOf,
	type Mac,
	type MachineId,
	macsOf,
	type Timestamp,
} from "@rollcall/protocol";
import type { Fleet } from "../../domain/fleet.ts";
import { phaseOf } from "../../domain/views/phase.ts";
import { type Boot, newBoot, reach } from "./boot.ts";
import { Downloads } from "./downloads.ts";
import type { BootSighting, MissedAsset } from "./sighting.ts";
import { expectedStages, FLEET_STAGES } from "./stages.ts";

/** Boots of machines that have not enrolled; anybody on the boot network can make one by asking. */
const MAX_UNKNOWN = 4096;
/** An address that asked for the stub comes for its script within this time. */
const STUB_MS = 120_000;
/** Scripts that are asked for again within this time belong to one boot: a menu, an attempt that iPXE repeats. */
const SAME_BOOT_MS = 120_000;
/** A boot that was seen to begin so long ago is not the one that enrolls now. */
const STALE_MS = 3_600_000;

/**
 * The newest boot of every machine, put together from what the boot endpoints see and what the log says. Kept in memory:
 * what is worth keeping becomes events. Machines that are not enrolled are bounded; the one heard of longest ago is forgotten.
 */
export class Boots {
	readonly #unknown = new Map<string, Boot>();
	readonly #known = new Map<MachineId, Boot>();
	readonly #downloads = new Downloads(MAX_UNKNOWN);
	readonly #stubs = new Map<string, Timestamp>();

	/** Takes in what the boot endpoints saw. */
	see(sighting: BootSighting | MissedAsset, document: BootDocument, at: Timestamp): void {
		if (sighting.outcome === "missed") {
			this.#downloads.missed(sighting);
			return;
		}
		const { stage, remote } = sighting;
		const key = keyOf(sighting);
		if (stage === "dhcp") this.#seeStub(remote, at);
		else if (key !== undefined) this.#seeMachine(key, sighting, { document, at });
		else if (sighting.outcome === "served") this.#downloads.served(remote, stage, at);
	}

	#seeMachine(key: string, sighting: BootSighting, when: { document: BootDocument; at: Timestamp }): void {
		const { stage, remote } = sighting;
		const { document, at } = when;
		// A request without a good token is recorded as an event and begins no boot.
		if (sighting.outcome === "refused" && stage !== "ipxe" && !this.#unknown.has(key)) return;
		const boot = this.#bootOf(key, sighting, at);
		boot.remote = remote;
		boot.mac = sighting.mac ?? boot.mac;
		boot.uuid = sighting.uuid ?? boot.uuid;
		this.#downloads.belongTo(remote, boot);
		if (sighting.outcome === "refused") {
			// The machine has an address, since it could ask.
			if (boot.reached.size === 0) reach(boot, "dhcp", at);
			if (!boot.reached.has(stage)) boot.refused = { stage, reason: sighting.reason ?? "no reason was given" };
			return;
		}
		if (stage === "ipxe") {
			boot.group = sighting.group;
			boot.profile = sighting.profile;
			boot.choosing = sighting.profile === undefined;
			const profile = document.profiles.find(({ name }) => name === sighting.profile);
			boot.expected = profile ? expectedStages(profile) : ["ipxe", "kernel"];
		}
		reach(boot, stage, at);
	}

	/** Takes in what the log says. `fleet` is the state after the event. */
	hear(event: Event, fleet: Fleet): void {
		if (event.type === "machine-enrolled") this.#enroll(event);
		if (event.type === "machine-removed") this.#known.delete(event.machineId);
		if (event.type === "machine-booted") this.#remember(event);
		const machineId = "machineId" in event ? event.machineId : undefined;
		const boot = machineId === undefined ? undefined : this.#known.get(machineId);
		if (!boot || machineId === undefined) return;
		const stage = stageOf(event, boot);
		if (stage && !boot.reached.has(stage)) reach(boot, stage, event.at);
		if (boot.reached.has("ready") || !boot.reached.has("applied")) return;
		const machine = fleet.machines.get(machineId);
		if (machine && phaseOf(machine) === "ready") reach(boot, "ready", event.at);
	}

	/** All boots; of a machine that boots again the one under way. */
	all(): Boot[] {
		return [...this.#unknown.values(), ...this.#known.values()];
	}

	/** The newest boot of a machine, by its id and its MACs. */
	ofMachine(machineId: MachineId, macs: readonly Mac[]): Boot | undefined {
		for (const mac of macs) {
			const underWay = this.#unknown.get(mac);
			if (underWay) return underWay;
		}
		return this.#known.get(machineId);
	}

	#seeStub(remote: string, at: Timestamp): void {
		this.#stubs.delete(remote);
		this.#stubs.set(remote, at);
		dropOldest(this.#stubs, MAX_UNKNOWN);
	}

	#bootOf(key: string, sighting: BootSighting, at: Timestamp): Boot {
		const before = this.#unknown.get(key);
		const last = before?.last;
		const begins = sighting.stage === "ipxe" && sighting.outcome === "served";
		const goesOn = last && (last.stage === "dhcp" || last.stage === "ipxe") && at - last.at < SAME_BOOT_MS;
		if (before && (!begins || goesOn)) {
			this.#unknown.delete(key);
			this.#unknown.set(key, before);
			return before;
		}
		const boot = newBoot(sighting.stage === "ipxe" ? ["ipxe"] : [sighting.stage, ...FLEET_STAGES]);
		const stub = this.#stubs.get(sighting.remote);
		if (begins && stub !== undefined && at - stub < STUB_MS) {
			reach(boot, "dhcp", stub);
			this.#stubs.delete(sighting.remote);
		}
		if (before) this.#downloads.forget(before);
		this.#unknown.set(key, boot);
		const dropped = dropOldest(this.#unknown, MAX_UNKNOWN);
		if (dropped) this.#downloads.forget(dropped);
		return boot;
	}

	#enroll(event: EventOf<"machine-enrolled">): void {
		const { machineId, bootId, facts, at } = event;
		const before = this.#known.get(machineId);
		if (before?.bootId === bootId) return;
		const boot = this.#take([...macsOf(facts), facts.smbios.uuid], at) ?? newBoot(FLEET_STAGES);
		this.#downloads.forget(boot);
		boot.machineId = machineId;
		boot.bootId = bootId;
		boot.expected = [...boot.expected, ...FLEET_STAGES.filter((stage) => !boot.expected.includes(stage))];
		reach(boot, "enrolled", at);
		this.#known.set(machineId, boot);
	}

	/** The boot under way of a machine with these names; it is known from now on. */
	#take(keys: readonly (string | undefined)[], at: Timestamp): Boot | undefined {
		let found: Boot | undefined;
		for (const key of keys) {
			const boot = key === undefined ? undefined : this.#unknown.get(key);
			if (!boot || key === undefined) continue;
			this.#unknown.delete(key);
			if (at - (boot.last?.at ?? 0) < STALE_MS) found ??= boot;
		}
		return found;
	}

	/** After a restart the log tells what was seen before. */
	#remember(event: EventOf<"machine-booted">): void {
		const boot = this.#known.get(event.machineId) ?? newBoot(event.stages.map(({ stage }) => stage));
		if (boot.bootId !== undefined && boot.bootId !== event.bootId) return;
		boot.reached.clear();
		boot.last = undefined;
		for (const { stage, at } of event.stages) reach(boot, stage, at);
		Object.assign(boot, {
			machineId: event.machineId,
			bootId: event.bootId,
			recorded: true,
			mac: event.mac ?? boot.mac,
		});
		this.#known.set(event.machineId, boot);
	}
}

function keyOf({ mac, uuid }: BootSighting): string | undefined {
	return mac ?? uuid;
}

/** The stage that an event about a machine stands for, if it is about this boot. */
function stageOf(event: Event, boot: Boot): BootStage | undefined {
	if ("bootId" in event && event.bootId !== boot.bootId) return undefined;
	switch (event.type) {
		case "machine-assigned":
		case "assignment-adopted":
		case "target-issued":
			return "assigned";
		case "target-progress":
			return event.progress.state === "applied" ? "applied" : undefined;
		default:
			return undefined;
	}
}

/** Keeps the newest `most` entries of a map whose first ones are the oldest. */
function dropOldest<T>(map: Map<string, T>, most: number): T | undefined {
	if (map.size <= most) return undefined;
	for (const [key, value] of map) {
		map.delete(key);
		return value;
	}
	return undefined;
}
