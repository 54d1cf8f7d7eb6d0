import { type BootDocument, type BootView, type MachineId, macsOf } from "@rollcall/protocol";
import type { Boot } from "../boot/waterfall/boot.ts";
import { bootedEvent, cameFromHere, refusedEvent, stuckEvent } from "../boot/waterfall/boot-events.ts";
import { type BootFilter, bootView, bootViews, stageDurations, stateOf } from "../boot/waterfall/boot-view.ts";
import { Boots } from "../boot/waterfall/boots.ts";
import type { BootSighting, MissedAsset } from "../boot/waterfall/sighting.ts";
import type { BootDraft } from "../domain/inputs.ts";
import type { Clock } from "../ports/clock.ts";
import type { Core } from "../ports/core.ts";
import { hearFromLog } from "./boot-history.ts";

/** The time between two looks whether a boot is stuck or has come up. */
const LOOK_EVERY_MS = 1_000;
/** The most events that wait for the log at once; what is seen above that is kept in memory only. */
const MAX_WAITING = 64;

/** What is known of boots, for the API and the metrics. */
export interface BootWatch {
	/** Takes in what the boot listener saw. */
	see(sighting: BootSighting | MissedAsset, document: BootDocument): void;
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
	readonly log: { debug(details: object, text: string): void };
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
			const stuck = stuckEvent(boot, core.fleet(), clock.now());
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
			log.debug(sighting, `boot: ${"stage" in sighting ? `${sighting.stage} ` : ""}${sighting.outcome}`);
			boots.see(sighting, document, clock.now());
			// A machine whose file is missing is stuck, which is told once.
			if (sighting.outcome !== "refused") return;
			onRefused(sighting.stage);
			// A machine without a group asks for its script every few seconds; what it is refused shows in the list of boots.
			if (sighting.stage !== "ipxe") tell(refusedEvent(sighting));
		},
		list: (filter) => bootViews(boots.all(), filter, { fleet: core.fleet(), at: clock.now() }),
		ofMachine(machineId) {
			const machine = core.fleet().machines.get(machineId);
			const boot = boots.ofMachine(machineId, machine ? macsOf(machine.facts) : []);
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
