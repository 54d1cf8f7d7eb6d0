import type { Artifact } from "@rollcall/protocol";

/** All paths that an artifact may lead to: its own, the files that are unpacked from it, and the note that it was taken in. */
export function artifactPaths({ path, unpack = [], takenNote }: Artifact): string[] {
	return [path, ...unpack.map((member) => member.path), ...(takenNote === undefined ? [] : [takenNote])];
}
