import type { TargetContent } from "@rollcall/protocol";
import { artifactPaths } from "../../domain/artifact-paths.ts";
import { folderMode, folderOf, foldersBetween } from "../../domain/confine.ts";
import { type FileChange, type FilePlan, type Found, planFiles } from "../../domain/plan-files.ts";
import { FilesError } from "../../errors.ts";
import type { Files } from "../../ports.ts";
import { createArtifacts } from "./artifacts.ts";
import { beside, isOurs } from "./beside.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { filesError } from "./files-error.ts";
import { guard, type Place, realPlace } from "./guard.ts";

/** The files of targets on a real file system. `authority`: of servers that artifacts come from now, PEM, besides those that everybody knows. */
export function createTargetFiles(place: Place, disk: Disk = nodeDisk, authority?: () => string | undefined): Files {
	const artifacts = createArtifacts(place, disk, authority);
	const at = (path: string) => realPlace(place, path);

	async function compare(content: TargetContent, owned: readonly string[]) {
		const wanted = [...content.files.map(({ path }) => path), ...content.artifacts.flatMap(artifactPaths)];
		return await naming("/", async () => {
			guard(disk, place, [...wanted, ...owned]);
			const found = new Map<string, Found>();
			for (const path of owned) found.set(path, { exists: disk.standing(at(path)) !== undefined, same: false });
			for (const file of content.files) {
				const bytes = Buffer.from(file.content, file.encoding);
				found.set(file.path, compareFile(file.path, bytes, Number.parseInt(file.mode, 8)));
			}
			for (const artifact of content.artifacts) {
				for (const [path, standing] of await artifacts.compare(artifact)) found.set(path, standing);
			}
			const folders = new Set<string>();
			for (const path of wanted) {
				for (const folder of foldersBetween("/", path)) if (disk.standing(at(folder))) folders.add(folder);
			}
			return planFiles({ wanted, owned, found, folders, writeRoots: place.writeRoots });
		});
	}

	function compareFile(path: string, bytes: Buffer, mode: number): Found {
		const standing = disk.standing(at(path));
		if (standing?.type === "folder")
			throw new FilesError(`${path} is a folder, the target has a file there; remove it`);
		if (standing?.type !== "file" || standing.size !== bytes.length || standing.mode !== mode) {
			return { exists: standing !== undefined, same: false };
		}
		return { exists: true, same: disk.read(at(path)).equals(bytes) };
	}

	async function stage(content: TargetContent, plan: FilePlan, goesOn: ReadonlySet<string>): Promise<void> {
		const files = new Map(content.files.map((file) => [file.path, file]));
		const written: string[] = [];
		let current = "/";
		try {
			guard(
				disk,
				place,
				plan.changes.map((change) => change.path),
			);
			for (const folder of plan.folders) {
				current = folder;
				disk.makeFolder(at(folder), folderMode(folder));
			}
			for (const change of plan.changes) {
				const file = files.get(change.path);
				current = change.path;
				const { staged, kept } = beside(at(change.path));
				// What an apply that ended long ago could not remove must not be taken for what was there before this one.
				if (!goesOn.has(change.path) && disk.standing(kept)) disk.unlink(kept);
				if (change.kind === "remove" || !file) continue;
				if (disk.standing(staged)) disk.unlink(staged);
				written.push(staged);
				disk.create(staged, Buffer.from(file.content, file.encoding), Number.parseInt(file.mode, 8));
			}
			if (written.length > 0) await disk.sync(written);
		} catch (error) {
			for (const staged of written) attempt(() => disk.unlink(staged));
			for (const folder of [...plan.folders].reverse()) attempt(() => disk.removeFolder(at(folder)));
			throw filesError(current, error);
		}
	}

	function swap(changes: readonly FileChange[]): void {
		for (const { path, kind, existed } of changes) {
			const { staged, kept } = beside(at(path));
			try {
				const waiting = kind === "write" && disk.standing(staged) !== undefined;
				// Without a staged file this change was made before the agent was interrupted.
				if (kind === "write" && !waiting) continue;
				if (existed && !disk.standing(kept) && disk.standing(at(path))) disk.link(at(path), kept);
				if (waiting) disk.rename(staged, at(path));
				else if (disk.standing(at(path))) disk.unlink(at(path));
			} catch (error) {
				throw filesError(path, error);
			}
		}
	}

	function restore(changes: readonly FileChange[], folders: readonly string[]): void {
		let failed: FilesError | undefined;
		for (const { path, existed } of changes) {
			const { staged, kept } = beside(at(path));
			try {
				if (disk.standing(kept)) {
					disk.rename(kept, at(path));
					// rename(2) does nothing when both names are the same file.
					if (disk.standing(kept)) disk.unlink(kept);
				} else if (!existed && disk.standing(at(path))) disk.unlink(at(path));
				if (disk.standing(staged)) disk.unlink(staged);
			} catch (error) {
				failed ??= filesError(path, error);
			}
		}
		if (failed) throw failed;
		for (const folder of [...folders].reverse()) attempt(() => disk.removeFolder(at(folder)));
	}

	function settle(paths: readonly string[], folders: readonly string[], keepParts: boolean): string[] {
		const untidy = new Set<string>();
		for (const folder of new Set(paths.map(folderOf))) {
			try {
				if (!disk.standing(at(folder))) continue;
				for (const name of disk.list(at(folder))) {
					if (isOurs(name) && !(keepParts && name.endsWith(".part"))) disk.unlink(`${at(folder)}/${name}`);
				}
			} catch {
				untidy.add(folder);
			}
		}
		const deepestFirst = [...folders].sort((a, b) => b.length - a.length);
		for (const folder of deepestFirst) attempt(() => disk.removeFolder(at(folder)));
		return paths.filter((path) => untidy.has(folderOf(path)));
	}

	function forget(gone: Parameters<Files["forget"]>[0]): void {
		for (const { path, sha256 } of gone)
			attempt(() => {
				guard(disk, place, [path]);
				disk.unlink(beside(at(path)).part(sha256));
			});
	}

	return { compare, fetch: artifacts.fetch, forget, stage, swap, restore, settle };
}

/** Tidying that may fail: what stays is found by the next one. */
function attempt(tidy: () => void): void {
	try {
		tidy();
	} catch {}
}

async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		throw filesError(path, error);
	}
}
