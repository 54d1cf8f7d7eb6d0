import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cleanup } from "./cleanup.ts";
import type { SeededFleet } from "./seed/seed-fleet.ts";

/** What a section gets. */
export interface Context {
	/** Fewer repetitions and smaller fleets: to see that everything works, not to quote. */
	readonly quick: boolean;
	/** What the coordinator did during the slowest answers is told, too; the profiler that this takes makes them slower. */
	readonly slowest: boolean;
	/** Undone when the section is over. */
	readonly cleanup: Cleanup;
	/** Progress, for whoever waits. */
	readonly say: (text: string) => void;
	/** A folder of its own on the disk, removed with the section. */
	folder(name: string): string;
	/** A data folder whose log holds so many ready machines; a fresh copy at every call. */
	seeded(machines: number): Promise<SeededFleet>;
}

/** Measures one thing and gives its figures back. */
export type Section = (context: Context) => Promise<Record<string, unknown>>;

/** A context without the part that is shared between sections. */
export function createContext(parts: Pick<Context, "quick" | "slowest" | "say" | "seeded">): Context {
	const cleanup = new Cleanup();
	return {
		...parts,
		cleanup,
		folder: (name) => ownFolder(cleanup, name),
	};
}

/** A new folder below the system's place for temporary files, or below `base`. */
export function ownFolder(cleanup: Cleanup, name: string, base = tmpdir()): string {
	const folder = mkdtempSync(join(base, `rollcall-bench-${name}-`));
	cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}
