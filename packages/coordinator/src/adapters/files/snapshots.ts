import { createHash } from "node:crypto";
import { join } from "node:path";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import type { Fleet } from "../../domain/fleet.ts";
import type { Snapshot, Snapshots } from "../../ports/fleet-snapshots.ts";

/** Counts up when the file's shape changes; other formats are not read. */
const FORMAT = 1;

/** Where the snapshot lies, and its form. */
export interface SnapshotOptions {
	/** The coordinator's data folder; the file is `snapshot.json` in it. */
	readonly dataFolder: string;
	readonly toJson: (fleet: Fleet) => unknown;
	/** Undefined for what is not a fleet of this program's version. */
	readonly fromJson: (json: unknown) => Fleet | undefined;
	/** Told why a snapshot that is there cannot be used; the log is read from its beginning then. */
	readonly onDamaged: (reason: string) => void;
	readonly files?: SecretFiles;
}

/**
 * Snapshots in one file: a line of JSON with the format and the SHA-256 of the rest, then the rest, also JSON. Written whole
 * or not at all.
 */
export function createSnapshots(options: SnapshotOptions): Snapshots {
	const { files = IN_CLEAR } = options;
	const file = join(options.dataFolder, "snapshot.json");
	return {
		load: async () => {
			try {
				const text = await files.read(file);
				return parse(text, options.fromJson);
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "ENOENT")
					options.onDamaged(`the snapshot ${file} is not used: ${(error as Error).message}`);
				return undefined;
			}
		},
		save: async ({ origin, position, link, fleet }) => {
			const body = JSON.stringify({ origin, position, link, fleet: options.toJson(fleet) });
			await files.write(file, `${JSON.stringify({ format: FORMAT, digest: digestOf(body) })}\n${body}\n`);
		},
	};
}

function parse(text: string, fromJson: SnapshotOptions["fromJson"]): Snapshot {
	const end = text.indexOf("\n");
	const header = JSON.parse(text.slice(0, end)) as { format?: unknown; digest?: unknown };
	if (header.format !== FORMAT) throw new Error(`its format is ${String(header.format)}, not ${FORMAT}`);
	const body = text.slice(end + 1, -1);
	if (header.digest !== digestOf(body)) throw new Error("its content does not fit its digest");
	const { fleet: json, ...place } = JSON.parse(body) as Omit<Snapshot, "fleet"> & { fleet: unknown };
	const fleet = fromJson(json);
	if (!fleet) throw new Error("it was written by another version of this program");
	return { ...place, fleet };
}

function digestOf(body: string): string {
	return `sha256:${createHash("sha256").update(body).digest("hex")}`;
}
