import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { messageOf } from "@rollcall/protocol";
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
 * The agents that are among the assets, by architecture. Reads them once, to know what Ignition will find inside. `onDamaged` is told of one
 * that is damaged or not gzip, which is left out; without it that is thrown.
 */
export async function readAgentAssets(
	assets: Assets,
	onDamaged: (refused: AssetRefused) => void = (refused) => {
		throw refused;
	},
): Promise<ReadonlyMap<"x64" | "arm64", AgentAsset>> {
	const found = new Map<"x64" | "arm64", AgentAsset>();
	for (const arch of ["x64", "arm64"] as const) {
		const asset = agentAssetName(arch);
		try {
			const file = await assets.file(asset, false);
			if (file) found.set(arch, { asset, sha512: await sha512Inside(asset, file.path) });
		} catch (error) {
			if (!(error instanceof AssetRefused)) throw error;
			onDamaged(error);
		}
	}
	return found;
}

async function sha512Inside(asset: string, path: string): Promise<string> {
	const hash = createHash("sha512");
	try {
		const packed = createReadStream(path, { highWaterMark: PIECE_BYTES });
		await pipeline(packed, createGunzip({ chunkSize: PIECE_BYTES }), hash);
	} catch (error) {
		throw new AssetRefused(`${asset}: not gzip (${messageOf(error)}); add it compressed`);
	}
	return hash.digest("hex");
}
