import type { RoleDefinition, TargetContent } from "@rollcall/protocol";
import { fillPlaceholders, type PlaceholderValues, usesPlaceholder } from "./placeholders.ts";

/** The parts of a target that an operator's role gives, with the machine's own values put into its text files and paths. */
export function operatorRoleParts(
	definition: RoleDefinition,
	values: PlaceholderValues,
): Pick<TargetContent, "files" | "units" | "probes" | "deadlineSeconds"> {
	return {
		files: definition.files.map((file) =>
			file.encoding === "utf8" ? { ...file, content: fillPlaceholders(file.content, values) } : file,
		),
		units: definition.units,
		probes: definition.probes,
		deadlineSeconds: definition.deadlineSeconds,
	};
}

/** True when a file of the role names the machine's address. */
export function needsAddress(definition: RoleDefinition): boolean {
	return definition.files.some(({ encoding, content }) => encoding === "utf8" && usesPlaceholder(content, "address"));
}

/** Bytes that the files of a role take in RAM. */
export function operatorRoleBytes(definition: RoleDefinition): number {
	return definition.files.reduce((sum, file) => sum + file.content.length, 0);
}
