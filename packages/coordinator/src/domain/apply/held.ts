import type { EventOf } from "@rollcall/protocol";
import { type Fleet, type HeldBoot, MAX_HELD } from "../fleet.ts";
import { changeMachine } from "./touch.ts";

/** A boot begins to wait, or waits for another reason. */
export function applyHeld(fleet: Fleet, event: EventOf<"boot-held">): Fleet {
	const { bootId, publicKey, remote, grade, needsPerson, reason, at, seq } = event;
	return changeMachine(fleet, event, (machine) => {
		const others = machine.held.filter((one) => one.bootId !== bootId || one.publicKey !== publicKey);
		const held = { bootId, publicKey, remote, grade, needsPerson, allowed: false, reason, at, seq };
		return { ...machine, held: withinBound([...others, held]) };
	});
}

/** A person lets a boot in that waits, or stands for the one that lives. */
export function applyAllowed(fleet: Fleet, { bootId, ...event }: EventOf<"boot-allowed">): Fleet {
	return changeMachine(fleet, { ...event, bootId }, (machine) => ({
		...machine,
		personallyLetIn: machine.bootId === bootId ? bootId : machine.personallyLetIn,
		held: machine.held.map((one) => (one.bootId === bootId ? { ...one, allowed: true } : one)),
	}));
}

/** The newest stays. Of the others those stay that a person allowed, and of the rest the newest; where all are allowed the oldest gives way. */
function withinBound(held: readonly HeldBoot[]): readonly HeldBoot[] {
	if (held.length <= MAX_HELD) return held;
	const oldest = held.slice(0, -1).find(({ allowed }) => !allowed) ?? held[0];
	return held.filter((one) => one !== oldest);
}
