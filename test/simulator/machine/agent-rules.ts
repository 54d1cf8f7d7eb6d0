import type { Accepted } from "@rollcall/agent/simulator";
import type { Generation } from "@rollcall/protocol";
import { must } from "../broken.ts";
import { KUBELET, RUNTIME } from "../targets.ts";
import type { World } from "../world.ts";
import type { RamDisk } from "./ram-disk.ts";
import type { StateFolder } from "./state-folder.ts";
import { certificateEndOn } from "./trusted.ts";

/** An order that was not answered is sent again within this time. */
const RENEWED_WITHIN_MS = 45_000;

/** So long after its files, at most, a unit follows, also where the agent ended in between: it is started again, and looks after its machine. */
const FOLLOWED_WITHIN_MS = 25_000;

export interface AgentRuleParts {
	/** The name of its box. */
	readonly name: string;
	readonly state: StateFolder;
	readonly disk: RamDisk;
	readonly now: () => number;
	/** The machine's wall clock. */
	readonly wall: () => number;
	/** Whether its agent could have ordered certificates for so long. */
	readonly isServed: (ms: number) => boolean;
}

/** What must hold of what an agent does on its machine, whatever it tells. */
export class AgentRules {
	readonly #parts: AgentRuleParts;
	/** When the certificate that lies there ends, by the wall clock. */
	#certificateEndsAt = Number.POSITIVE_INFINITY;
	/** When each component was well last. */
	readonly #wellAt = new Map<string, number>();

	constructor(parts: AgentRuleParts) {
		this.#parts = parts;
	}

	/** A probe found a component well. */
	onWell(component: string): void {
		this.#wellAt.set(component, this.#parts.now());
	}

	/** A target is the good one from now on: all of its components were well since it came. */
	onPromoted({ target }: Accepted): void {
		const { name, state } = this.#parts;
		for (const { component } of target.content.probes)
			must(
				(this.#wellAt.get(component) ?? Number.NEGATIVE_INFINITY) >= state.nextAt,
				"who is ready was well",
				() => `${name}: generation ${target.generation} is the good one, and ${component} was not well since it came`,
			);
	}

	/** A target is to be the next one. `highest`: the generation that its agent knows to have come before. */
	onTaken({ target }: Accepted, highest: Generation): void {
		must(
			target.generation >= highest,
			"an older target never takes the place of a newer one",
			() => `${this.#parts.name}: generation ${target.generation} after ${highest}`,
		);
	}

	/** Another certificate lies there, or none. What ended before, while nothing kept it from being renewed, was renewed late. */
	onCertificate(): void {
		const { name, disk, wall, isServed } = this.#parts;
		const ended = this.#certificateEndsAt;
		this.#certificateEndsAt = certificateEndOn(disk);
		const ms = wall() - ended;
		const isLate = ms > 0 && isServed(RENEWED_WITHIN_MS + ms);
		must(!isLate, "certificates are renewed before they end", () => `${name}: ${ms} ms after that`);
	}

	/** A unit of the good target was ended by the agent: only a target, or a word of the coordinator, may say so; and what it runs on is ended after it. */
	onStopped(unit: string, { runs }: { readonly runs: (unit: string) => boolean }): void {
		const { name, state } = this.#parts;
		must(unit !== RUNTIME || !runs(KUBELET), "a unit is ended before what it runs on", () => `${name}: ${unit}`);
		if (unit !== KUBELET) return;
		const isAsked = state.ledger().open !== undefined || !state.hasGood;
		must(isAsked, "what runs is not ended without a word", () => `${name}: ${unit} was stopped`);
	}

	/** While no apply is open, the files are those of the good target. */
	checkFiles(): void {
		const { name, state, disk } = this.#parts;
		const good = state.good();
		if (!good || state.ledger().open !== undefined) return;
		for (const { path, content } of good.target.content.files)
			must(
				disk.standing(path) !== undefined && disk.read(path).toString() === content,
				"a machine has the files of the target that runs",
				() => `${name}: ${path} is not that of generation ${good.target.generation}`,
			);
	}
}

/** Looks at all machines that run. */
export function checkAgents(world: World): void {
	for (const machine of world.machines)
		for (const boot of machine.boots()) {
			if (boot.over) continue;
			boot.rules.checkFiles();
			const slept = boot.sleep.left > 0 || boot.sleep.until > world.schedule.now - FOLLOWED_WITHIN_MS;
			must(
				slept || boot.disk.full || boot.kubeletIsUpToDate(FOLLOWED_WITHIN_MS),
				"units follow their files in time",
				() => machine.box.name,
			);
		}
}
