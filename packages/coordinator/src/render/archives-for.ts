import type { Facts, Images } from "@rollcall/protocol";

/** The archives that nodes of a role get, those of a machine's architecture. */
export function archivesFor(
	role: string,
	{ archives }: Pick<Images, "archives">,
	{ cpu }: Partial<Pick<Facts, "cpu">>,
): Images["archives"] {
	return archives.filter(
		({ roles, arch }) =>
			(roles === undefined || roles.some((name) => name === role)) &&
			(arch === undefined || cpu === undefined || cpu.arch === arch),
	);
}
