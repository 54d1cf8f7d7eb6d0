import type { Timestamp } from "@rollcall/protocol";
import type { Fleet } from "../../domain/fleet.ts";
import type { BootDraft } from "../../domain/inputs.ts";
import { type Boot, story, waitsFor } from "./boot.ts";
import { standingOf, stateOf } from "./boot-view.ts";
import type { BootSighting } from "./sighting.ts";

/** Of other machines the log has everything already. */
export function cameFromHere(boot: Boot): boolean {
	return boot.remote !== undefined;
}

/** The event that a machine has come up, once it has and the log does not say it. */
export function bootedEvent(boot: Boot): Extract<BootDraft, { type: "machine-booted" }> | undefined {
	const { machineId, bootId, mac } = boot;
	if (boot.recorded || !boot.reached.has("ready") || machineId === undefined || bootId === undefined) return undefined;
	return { type: "machine-booted", machineId, bootId, ...(mac === undefined ? {} : { mac }), stages: story(boot) };
}

/** The event that a boot is stuck: no stage followed in the time that it may take, and nothing else says what it waits for. Told once for each stage. */
export function stuckEvent(
	boot: Boot,
	fleet: Fleet,
	at: Timestamp,
): Extract<BootDraft, { type: "boot-stuck" }> | undefined {
	const waitingFor = waitsFor(boot);
	const { last } = boot;
	if (waitingFor === undefined || last === undefined || boot.told.has(waitingFor)) return undefined;
	const machine = boot.machineId === undefined ? undefined : fleet.machines.get(boot.machineId);
	if (stateOf(boot, { machine, at }) !== "stuck") return undefined;
	const { cause } = standingOf(boot, { fleet, machine, at });
	return {
		type: "boot-stuck",
		...(boot.mac === undefined ? {} : { mac: boot.mac }),
		...(boot.machineId === undefined ? {} : { machineId: boot.machineId }),
		reached: last.stage,
		waitingFor,
		waitedMs: Math.max(0, at - last.at),
		reason: (cause ?? "").slice(0, 1024),
	};
}

/** The event that a machine was refused something that it boots from. */
export function refusedEvent({ stage, mac, uuid, remote, reason }: BootSighting): BootDraft {
	return {
		type: "boot-refused",
		stage,
		...(mac === undefined ? {} : { mac }),
		...(uuid === undefined ? {} : { uuid }),
		remote: remote.slice(0, 64),
		reason: (reason ?? "no reason was given").slice(0, 1024),
	};
}
