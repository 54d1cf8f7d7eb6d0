import { folderOf, foldersBetween, rootOf } from "../../domain/confine.ts";
import { FilesError } from "../../errors.ts";
import type { Disk } from "./disk.ts";

/** Where the agent may write: `root` is the machine's root, `writeRoots` are paths below it. */
export interface Place {
	readonly root: string;
	readonly writeRoots: readonly string[];
}

/** The real path of a target's path. */
export function realPlace(place: Place, path: string): string {
	return place.root === "/" ? path : `${place.root}${path}`;
}

/**
 * Refuses paths that would lead out of the write roots: outside by name, or because a folder from the write root down is a
 * symbolic link. Links above a write root are the operating system's own (`/opt` on Fedora CoreOS), but must not leave the
 * machine's root. Throws FilesError.
 */
export function guard(disk: Disk, place: Place, paths: readonly string[]): void {
	const seen = new Set<string>();
	for (const path of paths) {
		if (/\/(?:\.{0,2})(?:\/|$)/.test(path)) throw new FilesError(`${path} is not a normalised path`);
		const folder = folderOf(path);
		if (seen.has(folder)) continue;
		seen.add(folder);
		const writeRoot = rootOf(path, place.writeRoots);
		if (writeRoot === undefined) throw new FilesError(`${path} lies outside the folders that this agent writes to`);
		staysInside(disk, place, { path, writeRoot });
		for (const part of foldersBetween(writeRoot, path)) {
			const standing = disk.standing(realPlace(place, part));
			if (!standing) break;
			if (standing.type === "link") throw new FilesError(`${path}: ${part} is a symbolic link; remove it`);
			if (standing.type !== "folder") throw new FilesError(`${path}: ${part} is not a folder; remove it`);
		}
	}
}

function staysInside(disk: Disk, place: Place, wanted: { path: string; writeRoot: string }): void {
	if (place.root === "/") return;
	let folder = folderOf(wanted.writeRoot);
	while (folder !== "/" && !disk.standing(realPlace(place, folder))) folder = folderOf(folder);
	const root = disk.realpath(place.root);
	const real = disk.realpath(folder === "/" ? place.root : realPlace(place, folder));
	if (real !== root && !real.startsWith(`${root}/`)) {
		throw new FilesError(`${wanted.path}: ${folder} leads out of the machine's root; remove the symbolic link`);
	}
}
