import type { Timestamp } from "@rollcall/protocol";
import type { Look } from "../drafts.ts";

/** Closes targets that cannot end by themselves: their time is over, or their machine is lost. */
export function targetEnd(at: Timestamp): Look {
	return ({ machineId, target, lease }) => {
		if (target?.progress !== "issued" && target?.progress !== "applying") return undefined;
		const { generation, seq: cause } = target;
		if (lease === "lost") {
			return { type: "target-expired", machineId, generation, reason: "the machine was lost", cause };
		}
		if (at < target.deadlineAt) return undefined;
		const reason =
			target.progress === "issued"
				? "the agent did not begin with it in time"
				: `it was not done ${Math.round((at - target.issuedAt) / 1000)} seconds after it was issued`;
		return { type: "target-expired", machineId, generation, reason, cause };
	};
}
