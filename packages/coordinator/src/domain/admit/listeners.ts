import type { Timestamp } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { keysAreFixed } from "./certificates.ts";
import { accept, refuse } from "./verdict.ts";

/** Other authorities of the listeners are believed, or another one signs. Of two changes that know the same state, the second is refused. */
export function changeListeners(fleet: Fleet, input: InputOf<"change-listeners">, at: Timestamp): Verdict {
	const fixed = keysAreFixed(fleet, at);
	if (fixed) return refuse(fixed);
	if ((fleet.listeners?.seq ?? 0) !== input.after)
		return refuse({
			code: "conflict",
			message: "somebody else changed the listeners' authority in the meantime",
			next: "look at `rollcall certs`, and ask again",
		});
	const cause = fleet.listeners?.seq;
	const { listeners, reason } = input;
	return accept([{ type: "listeners-changed", listeners, reason, ...(cause === undefined ? {} : { cause }) }]);
}

/** Boots have confirmed whom they believe. What was said by another boot, or of another change, says nothing. */
export function listenersBelieved(fleet: Fleet, { since, machines }: InputOf<"listeners-believed">): Verdict {
	if (fleet.listeners?.since !== since) return accept([]);
	const said = machines.filter(({ machineId, bootId }) => {
		const machine = fleet.machines.get(machineId);
		const known = machine?.listenersKnown;
		return machine?.bootId === bootId && !(known?.bootId === bootId && known.since === since);
	});
	if (said.length === 0) return accept([]);
	return accept([{ type: "listeners-believed", since, machines: said, cause: fleet.listeners.seq }]);
}
