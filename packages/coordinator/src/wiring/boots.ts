import type { BootDocument, BootView, MachineId } from "@rollcall/protocol";
import type { Logger } from "pino";
import { type Boot, story, waitsFor } from "../boot/waterfall/boot.ts";
import {
	type BootFilter,
	bootView,
	bootViews,
	stageDurations,
	standingOf,
	stateOf,
} from "../boot/waterfall/boot-view.ts";
import { Boots } from "../boot/waterfall/boots.ts";
import type { BootSighting } from "../boot/waterfall/sighting.ts";
import type { BootDraft } from "../domain/inputs.ts";
import type { Clock, Core } from "../ports.ts";
import { hearFromLog } from "./boot-history.ts";

/** How often it is looked whether a boot is stuck or has come up. */
const LOOK_EVERY_MS = 1_000;
/** So many events of ours wait for the log at once; above it what is seen is kept in memory only. */
const MAX_WAITING = 64;

/** What is known of boots, for the API and the metrics. */
export interface BootWatch {
	/** Takes in what the boot listener saw. */
	see(sighting: BootSighting, document: BootDocument): void;
	/** The newest boot of every machine, the most urgent first. `more`: how many were left out. */
	list(filter: BootFilter): { boots: BootView[]; more: number };
	ofMachine(machineId: MachineId): BootView | undefined;
	/** How many boots are in which state, and how long stages took, in milliseconds, sorted. */
	reading(): {
		readonly states: readonly BootView["state"][];
		readonly durations: ReadonlyMap<string, readonly number[]>;
	};
	close(): void;
}

/** What a watch needs of the coordinator around it. */
export interface BootWatchSurroundings {
	readonly core: Pick<Core, "fleet" | "submit" | "subscribe" | "leadership" | "events" | "ready">;
	readonly clock: Pick<Clock, "now">;
	readonly log: Pick<Logger, "debug">;
	/** Hears of every refusal, also of those that are not recorded. */
	readonly onRefused: (stage: string) => void;
}

/**
 * Follows boots over the boot listener and the log, and writes into the log what an operator should find there: what was
 * refused, what is stuck, and how machines came up. What the log alone tells of a machine is not written again.
 */
export function watchBoots({ core, clock, log, onRefused }: BootWatchSurroundings): BootWatch {
	const boots = new Boots();
	let waiting = 0;
	const tell = (event: BootDraft, onLost?: () => void): void => {
		if (!core.leadership().leads || waiting >= MAX_WAITING) {
			onLost?.();
			return;
		}
		waiting += 1;
		void core
			.submit({ kind: "boot", event })
			.then((answer) => {
				if (answer.kind === "problem") onLost?.();
			})
			.finally(() => {
				waiting -= 1;
			});
	};
	const history = hearFromLog(core, (event) => boots.hear(event, core.fleet()));
	const look = (): void => {
		history.look();
		for (const boot of boots.all()) {
			if (!cameFromHere(boot)) continue;
			const done = bootedEvent(boot);
			if (done) {
				boot.recorded = true;
				tell(done, () => {
					boot.recorded = false;
				});
				continue;
			}
			const stuck = stuckEvent(boot, core, clock.now());
			if (!stuck) continue;
			boot.told.add(stuck.waitingFor);
			tell(stuck, () => boot.told.delete(stuck.waitingFor));
		}
	};
	const timer = setInterval(look, LOOK_EVERY_MS);
	timer.unref();
	const view = (boot: Boot): BootView => bootView(boot, core.fleet(), clock.now());
	return {
		see(sighting, document) {
			log.debug(sighting, `boot: ${sighting.stage} ${sighting.outcome}`);
			boots.see(sighting, document, clock.now());
			if (sighting.outcome === "served") return;
			onRefused(sighting.stage);
			// A machine without a group asks for its script every few seconds; what it is refused shows in the list of boots.
			if (sighting.stage !== "ipxe") tell(refusedEvent(sighting));
		},
		list: (filter) => bootViews(boots.all(), filter, { fleet: core.fleet(), at: clock.now() }),
		ofMachine(machineId) {
			const macs =
				core
					.fleet()
					.machines.get(machineId)
					?.facts.nics.map(({ mac }) => mac) ?? [];
			const boot = boots.ofMachine(machineId, macs);
			return boot && view(boot);
		},
		reading() {
			const all = boots.all();
			const at = clock.now();
			const fleet = core.fleet();
			const states = all.map((boot) => {
				const machine = boot.machineId === undefined ? undefined : fleet.machines.get(boot.machineId);
				return stateOf(boot, { machine, at });
			});
			return { states, durations: stageDurations(all) };
		},
		close() {
			clearInterval(timer);
			history.stop();
		},
	};
}

/** Of other machines the log has everything already. */
function cameFromHere(boot: Boot): boolean {
	return boot.remote !== undefined;
}

function bootedEvent(boot: Boot): Extract<BootDraft, { type: "machine-booted" }> | undefined {
	const { machineId, bootId, mac } = boot;
	if (boot.recorded || !boot.reached.has("ready") || machineId === undefined || bootId === undefined) return undefined;
	return { type: "machine-booted", machineId, bootId, ...(mac === undefined ? {} : { mac }), stages: story(boot) };
}

function stuckEvent(
	boot: Boot,
	core: Pick<Core, "fleet">,
	at: number,
): Extract<BootDraft, { type: "boot-stuck" }> | undefined {
	const waitingFor = waitsFor(boot);
	const { last } = boot;
	if (waitingFor === undefined || last === undefined || boot.told.has(waitingFor)) return undefined;
	const fleet = core.fleet();
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

function refusedEvent({ stage, mac, uuid, remote, reason }: BootSighting): BootDraft {
	return {
		type: "boot-refused",
		stage,
		...(mac === undefined ? {} : { mac }),
		...(uuid === undefined ? {} : { uuid }),
		remote: remote.slice(0, 64),
		reason: (reason ?? "no reason was given").slice(0, 1024),
	};
}
