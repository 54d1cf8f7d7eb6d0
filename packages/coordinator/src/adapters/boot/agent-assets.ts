import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { AssetRefused } from "../../errors.ts";
import type { Assets } from "./assets.ts";

/** A gzip-compressed agent among the assets, and the SHA-512 (hexadecimal) of the program in it. */
export interface AgentAsset {
	readonly asset: string;
	readonly sha512: string;
}

/** In pieces of so many bytes an agent's program is read, which has a hundred megabytes: with the usual ones a quarter of the time goes to their number. */
export const PIECE_BYTES = 2 ** 20;

/** The name under which an agent is looked for. */
export function agentAssetName(arch: "x64" | "arm64"): string {
	return `rollcall/agent-${arch}.gz`;
}

/**
 * The agents that are among the assets, by architecture. Reads them once, to know what Ignition will find inside. Throws
 * AssetRefused for one that is damaged or not gzip.
 */
export async function readAgentAssets(assets: Assets): Promise<ReadonlyMap<"x64" | "arm64", AgentAsset>> {
	const found = new Map<"x64" | "arm64", AgentAsset>();
	for (const arch of ["x64", "arm64"] as const) {
		const asset = agentAssetName(arch);
		const file = await assets.file(asset, false);
		if (!file) continue;
		const hash = createHash("sha512");
		try {
			const packed = createReadStream(file.path, { highWaterMark: PIECE_BYTES });
			await pipeline(packed, createGunzip({ chunkSize: PIECE_BYTES }), hash);
		} catch (error) {
			throw new AssetRefused(
				`${asset}: not gzip (${error instanceof Error ? error.message : String(error)}); add it compressed`,
			);
		}
		found.set(arch, { asset, sha512: hash.digest("hex") });
	}
	return found;
}
