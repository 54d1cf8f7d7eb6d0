import fs from "node:fs/promises";
import path from "node:path";
import { AssetName } from "@rollcall/protocol";
import { z } from "zod";

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

/** Reads the index; an absent one is empty. Throws for one that is damaged. */
export async function readAssetIndex(folder: string): Promise<Map<string, AssetEntry>> {
	let text: string;
	try {
		text = await fs.readFile(path.join(folder, "index.json"), "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
		throw error;
	}
	return new Map(Object.entries(Index.parse(JSON.parse(text)).assets));
}

/** Writes the index as a whole or not at all. */
export async function writeAssetIndex(folder: string, assets: ReadonlyMap<string, AssetEntry>): Promise<void> {
	const sorted = Object.fromEntries([...assets].sort(([a], [b]) => (a < b ? -1 : 1)));
	const file = path.join(folder, `.index-${process.pid}.json`);
	const handle = await fs.open(file, "w", 0o644);
	try {
		await handle.writeFile(`${JSON.stringify({ version: 1, assets: sorted }, null, "\t")}\n`);
		await handle.sync();
	} finally {
		await handle.close();
	}
	await fs.rename(file, path.join(folder, "index.json"));
}
