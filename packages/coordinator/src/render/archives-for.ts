import type { Images } from "@rollcall/protocol";

/** The archives that nodes of a role get. */
export function archivesFor(role: string, { archives }: Pick<Images, "archives">): Images["archives"] {
	return archives.filter(({ roles }) => roles === undefined || roles.some((name) => name === role));
}
