import type { MachineId, MachineView } from "@rollcall/protocol";
import type { Answer, Input } from "../../src/domain/inputs.ts";
import type { Observed } from "../../src/domain/observed.ts";
import { machineView } from "../../src/domain/views/view.ts";
import { Story } from "./story.ts";

/** A fleet whose machines say their date, and a coordinator whose own clock may be wrong, too. Its monotonic clock is the log's time. */
export class ClockStory extends Story {
	/** How far the clock of each machine is off, by host name, in milliseconds; those that are missing say nothing. */
	readonly off = new Map<string, number>();
	/** How far the coordinator's own is off. */
	ownOff = 0;

	override take(input: Input): Answer {
		if (input.kind !== "enroll") return super.take(input);
		const off = this.off.get(input.request.facts.hostname);
		return super.take(off === undefined ? input : { ...input, clockOffMs: off - this.ownOff });
	}

	override observed(): Observed {
		const clocks = [...this.fleet.machines.values()].flatMap(({ machineId, bootId, facts }) => {
			const lead = this.off.get(facts.hostname);
			return lead === undefined ? [] : [[machineId, { bootId, lead }] as const];
		});
		return { ...super.observed(), monotonic: this.at, wall: this.at + this.ownOff, clocks: new Map(clocks) };
	}

	view(machineId: MachineId): MachineView {
		return machineView(this.fleet, this.machine(machineId));
	}
}
