import type { RoleDefinition, TargetContent } from "@rollcall/protocol";
import type { LoginShell } from "./login-shell.ts";
import { fillPlaceholders, type PlaceholderValues, usesPlaceholder } from "./placeholders.ts";

/** The parts of a target that an operator's role gives, with the machine's own values put into its text files and paths. `login`: what stands before its units. */
export function operatorRoleParts(
	definition: RoleDefinition,
	values: PlaceholderValues,
	login?: LoginShell,
): Pick<TargetContent, "files" | "units" | "probes" | "deadlineSeconds"> {
	return {
		files: [
			...definition.files.map((file) => ({
				...file,
				...(file.encoding === "utf8" ? { content: fillPlaceholders(file.content, values) } : {}),
				...(isPrivate(file.mode) ? { sensitive: true as const } : {}),
			})),
			...(login?.files ?? []),
		],
		units: [...(login ? [login.unit] : []), ...definition.units],
		probes: definition.probes,
		deadlineSeconds: definition.deadlineSeconds,
	};
}

/** What the operator keeps from others on the node (0600, 0640, 0700) is not shown to readers of the API either. */
export function isPrivate(mode: string): boolean {
	return (Number.parseInt(mode, 8) & 0o004) === 0;
}

/** True when a role has files below a folder that others on the node may not read. */
export function keepsPrivate({ files }: RoleDefinition, folder: string): boolean {
	return files.some(({ path, mode }) => isPrivate(mode) && path.startsWith(`${folder}/`));
}

/** True when a file of the role names the machine's address. */
export function needsAddress(definition: RoleDefinition): boolean {
	return definition.files.some(({ encoding, content }) => encoding === "utf8" && usesPlaceholder(content, "address"));
}

/** Bytes that the files of a role take in RAM. */
export function operatorRoleBytes(definition: RoleDefinition): number {
	return definition.files.reduce((sum, file) => sum + file.content.length, 0);
}
