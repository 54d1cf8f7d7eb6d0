import type { ProgramSource } from "@rollcall/protocol";
import type { Field } from "./field-list.ts";

/** Who brings the programs of a machine's role: a line for the coordinator, one for the operating system. */
export function sourceFields(programs: readonly ProgramSource[] = []): Field[] {
	const list = (from: ProgramSource["from"]) =>
		programs
			.filter((program) => program.from === from)
			.map(({ path, instead }) => (instead === undefined ? path : `${path} (${instead})`))
			.join(", ") || undefined;
	return [
		["brought", list("coordinator")],
		["system's own", list("system")],
	];
}
