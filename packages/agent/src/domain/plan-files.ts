import { folderOf, foldersBetween, rootOf } from "./confine.ts";

/**
 * One path that an apply changes. `existed`: something was there before, which is kept beside until the apply has ended.
 */
export interface FileChange {
	readonly path: string;
	readonly kind: "write" | "remove";
	readonly existed: boolean;
}

/** What stands at a path now. `same`: content and mode are those of the target. */
export interface Found {
	readonly exists: boolean;
	readonly same: boolean;
}

/** What has to change: nothing at all when everything is as the target says. `folders` are those to be created, outermost first. */
export interface FilePlan {
	readonly changes: readonly FileChange[];
	readonly folders: readonly string[];
}

/** What `planFiles` decides on. */
export interface FileView {
	/** Paths of the target. */
	readonly wanted: readonly string[];
	/** Paths that this agent wrote before. */
	readonly owned: readonly string[];
	readonly found: ReadonlyMap<string, Found>;
	/** Folders that are there. */
	readonly folders: ReadonlySet<string>;
	readonly writeRoots: readonly string[];
}

/** Compares what is with what is wanted. Equal files are left alone; owned files that are not wanted go. Sorted by path. */
export function planFiles(view: FileView): FilePlan {
	const wanted = new Set(view.wanted);
	const changes: FileChange[] = [];
	for (const path of wanted) {
		const found = view.found.get(path);
		if (!found?.same) changes.push({ path, kind: "write", existed: found?.exists ?? false });
	}
	for (const path of view.owned) {
		if (!wanted.has(path) && view.found.get(path)?.exists) changes.push({ path, kind: "remove", existed: true });
	}
	const folders = new Set<string>();
	for (const change of changes) {
		if (change.kind === "remove") continue;
		const root = rootOf(change.path, view.writeRoots) ?? folderOf(change.path);
		for (const folder of foldersBetween(root, change.path)) if (!view.folders.has(folder)) folders.add(folder);
	}
	return {
		changes: changes.sort((a, b) => (a.path < b.path ? -1 : 1)),
		folders: [...folders].sort((a, b) => a.length - b.length),
	};
}

/**
 * The changes of an apply that goes on where an interrupted one stopped: what the first one found before it began stays
 * true (`existed`), and what it changed counts as changed.
 */
export function mergeChanges(earlier: readonly FileChange[], now: readonly FileChange[]): FileChange[] {
	const merged = new Map(earlier.map((change) => [change.path, change]));
	for (const change of now) {
		const before = merged.get(change.path);
		merged.set(change.path, before ? { ...change, existed: before.existed } : change);
	}
	return [...merged.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
