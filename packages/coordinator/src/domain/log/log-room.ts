import type { MachineId, Problem } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import type { Input } from "../inputs.ts";

/** Fill levels of the log, in percent, that are recorded when it reaches them. */
const TOLD_AT = [95, 90, 80, 70] as const;
/** The log must fall this far below a level before it is reported to have room again, so that a log at the edge causes no stream of events. */
const BELOW = 5;

/** Who wants to write. A stranger is a machine that nobody let in, or is not known. */
export type Writer = "stranger" | "machine" | "keeper" | "operator";

/** Up to which share of the log, in percent, each may write. What is above is for the coordinator's own decisions and elections. */
const MAY_FILL: Readonly<Record<Writer, number>> = { stranger: 80, machine: 90, keeper: 93, operator: 95 };

/** Inputs that a person brings about. */
const OPERATORS: ReadonlySet<Input["kind"]> = new Set([
	"declare",
	"approve",
	"reject",
	"compromised",
	"pin-role",
	"label",
	"remove",
	"create-token",
	"revoke-token",
	"command",
	"log-accept",
	"manifests-accept",
	"etcd-choose",
	"change-trust",
	"change-listeners",
	"operator-certificate",
	"etcd-prune",
	"change-noted",
] satisfies Input["kind"][]);

/** Who is behind an input, and which machine where it is one. */
export function writerOf(fleet: Fleet, input: Input): { readonly writer: Writer; readonly machineId?: MachineId } {
	if (OPERATORS.has(input.kind)) return { writer: "operator" };
	if (input.kind === "enroll") return { writer: "stranger" };
	if (
		input.kind !== "hello" &&
		input.kind !== "report" &&
		input.kind !== "bye" &&
		input.kind !== "stray-beat" &&
		input.kind !== "certify"
	)
		return { writer: "keeper" };
	const { machineId } = input;
	const approved = fleet.machines.get(machineId)?.approval === "approved";
	return { writer: approved ? "machine" : "stranger", machineId };
}

/** Why a writer is refused because the log is too full; undefined while there is room. */
export function noRoomFor(writer: Writer, percent: number): Problem | undefined {
	if (percent < MAY_FILL[writer]) return undefined;
	return {
		code: "not-ready",
		message: `the event log is ${percent} % full; from ${MAY_FILL[writer]} % on nothing of this kind is recorded`,
		next: "give it more room: logBytes of the coordinator's configuration",
	};
}

/** What is to be told of how full the log is; undefined where that was told. */
export function toldOf(known: number | undefined, percent: number): number | undefined {
	const now = TOLD_AT.find((share) => percent >= share) ?? 0;
	const before = TOLD_AT.find((share) => (known ?? 0) >= share) ?? 0;
	return now > before || percent < before - BELOW ? now : undefined;
}
