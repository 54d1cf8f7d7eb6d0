import type { MachineId } from "@rollcall/protocol";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { membersOf } from "../../src/domain/networks/members.ts";
import { seatCount } from "../../src/domain/seats/seats.ts";
import { beginnings } from "./etcd-story.ts";
import { Story } from "./story.ts";

/** Declares slots for machines whose addresses are known. */
export const declare = (story: Story, slots: readonly object[]) =>
	story.declare(slots, { networks: { nodeAddress: { interface: "eth0" } } });

/** A fleet in which nobody is told to begin before all seats for etcd are filled, or while others begin, as where targets are rendered. */
export function fleet(slots: readonly object[]): Story {
	const story = new Story();
	const { summarize } = story;
	story.summarize = (now, ...about) => {
		const document = now.cluster?.document;
		const waiting = document && seatCount(document, "control-plane") > membersOf(now, "control-plane").length;
		const [machine, seat] = about;
		const isFirst = seat.role !== "control-plane" || etcdBeginning(now, machine) !== undefined;
		return waiting || !isFirst
			? { ok: false, reason: "etcd does not begin on it yet", kind: "etcd-waits" }
			: summarize(now, ...about);
	};
	declare(story, slots);
	return story;
}

/** True where a machine must not begin with etcd yet. */
export const waits = (story: Story, id: MachineId) => beginnings(story, [id])[0] === undefined;
