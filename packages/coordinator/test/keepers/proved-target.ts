import { sha256Of } from "@rollcall/protocol";
import type { Machine } from "../../src/domain/fleet.ts";

/** The target of a machine that proved, after the log was lost, that it applied it. */
export function provedTarget({ bootId, seat }: Machine): NonNullable<Machine["target"]> {
	return {
		generation: 1,
		digest: sha256Of("target"),
		bootId,
		role: seat?.role ?? "",
		issuedAt: 1,
		deadlineAt: 1,
		progress: "applied",
		seq: 9,
	};
}
