import type { Accepted } from "@rollcall/agent/simulator";
import { must } from "../broken.ts";
import type { World } from "../world.ts";
import type { RamDisk } from "./ram-disk.ts";
import type { StateFolder } from "./state-folder.ts";

export interface AgentRuleParts {
	/** The name of its box. */
	readonly name: string;
	readonly state: StateFolder;
	readonly disk: RamDisk;
	readonly now: () => number;
}

/** What must hold of what an agent does on its machine, whatever it tells. */
export class AgentRules {
	readonly #parts: AgentRuleParts;
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

	/** A unit of the good target was ended by the agent: only a target, or a word of the coordinator, may say so. */
	onStopped(unit: string): void {
		const { name, state } = this.#parts;
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
	for (const machine of world.machines) for (const boot of machine.boots()) if (!boot.over) boot.rules.checkFiles();
}
