import path from "node:path";
import { AssetName } from "@rollcall/protocol";
import { z } from "zod";
import { writeAtomically } from "../../disk/atomic-write.ts";
import { readOwnText } from "../../disk/own-text.ts";

/** What is known of an asset. Hashes are hexadecimal; `modifiedMs` tells whether its file was touched. */
export const AssetEntry = z.strictObject({
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
	sha512: z.string().regex(/^[0-9a-f]{128}$/),
	sizeBytes: z.int().min(0),
	modifiedMs: z.number(),
	/** The gzip variant's size and time, where it is smaller. */
	gzip: z.strictObject({ sizeBytes: z.int().min(0), modifiedMs: z.number() }).optional(),
	/** Where it came from, for people. */
	source: z.string().max(2048),
	/** What it was checked against when it came. */
	checked: z.array(z.enum(["sha256", "sha512", "signature"])).default([]),
});
export type AssetEntry = z.infer<typeof AssetEntry>;
const Index = z.strictObject({ version: z.literal(1), assets: z.record(AssetName, AssetEntry) });

const REMEDY = "restore it from a backup, or move it away and add the files again";

/** Reads the index; an absent one is empty. Throws an Error that names it for one that cannot be read, or is damaged. */
export async function readAssetIndex(folder: string): Promise<Map<string, AssetEntry>> {
	const file = path.join(folder, "index.json");
	const text = await readOwnText({ file, is: "the list of files for machines", next: REMEDY });
	if (text === undefined) return new Map();
	const read = Index.safeParse(parsed(text));
	if (!read.success) throw new Error(`the list of files for machines ${file} is damaged; ${REMEDY}`);
	return new Map(Object.entries(read.data.assets));
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** Writes the index as a whole or not at all. */
export async function writeAssetIndex(folder: string, assets: ReadonlyMap<string, AssetEntry>): Promise<void> {
	const sorted = Object.fromEntries([...assets].sort(([a], [b]) => (a < b ? -1 : 1)));
	const text = `${JSON.stringify({ version: 1, assets: sorted }, null, "\t")}\n`;
	await writeAtomically(path.join(folder, "index.json"), text, 0o644);
}
