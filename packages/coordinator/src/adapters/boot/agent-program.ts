import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { systemReason } from "@rollcall/protocol";
import type { Logger } from "pino";
import { ofSetting, openGivenFile } from "../../disk/given-file.ts";
import { ConfigError } from "../../errors.ts";
import { type AgentAsset, agentAssetName, PIECE_BYTES, readAgentAssets } from "./agent-assets.ts";
import type { Assets } from "./assets.ts";
import { programArch } from "./program-arch.ts";

/** The agent that `npm run bundle` makes in the repository. */
const BUNDLED = join(import.meta.dirname, "../../../../../dist/agent/rollcall-agent");

/**
 * Puts an agent's program among the assets, compressed, under the name of its architecture; nothing is done where the
 * same program is there already. Returns the agents that are among the assets then; one that is damaged is told and left out, since only a coordinator that runs can be
 * given another. Throws ConfigError for a file that was named and is no program of a known architecture.
 */
export async function addAgent(
	assets: Assets,
	named: string | undefined,
	log: Pick<Logger, "info" | "warn">,
): Promise<ReadonlyMap<"x64" | "arm64", AgentAsset>> {
	const file = named ?? BUNDLED;
	const damaged = ({ message }: Error): void => log.warn(`machines do not get this agent: ${message}`);
	if (named === undefined && !(await stat(file).catch(() => undefined))) return await readAgentAssets(assets, damaged);
	const arch = await (named === undefined ? architectureOf(file) : ofSetting("boot.agent", () => architectureOf(file)));
	const hash = createHash("sha512");
	await pipeline(createReadStream(file, { highWaterMark: PIECE_BYTES }), hash);
	const known = await readAgentAssets(assets, damaged);
	if (known.get(arch)?.sha512 === hash.digest("hex")) return known;
	// Kept by its hash, and so done once for each program; that takes seconds in which nothing else would be said.
	log.info({ file }, "the agent is being compressed for machines, once; this takes some seconds");
	const plain = createReadStream(file, { highWaterMark: PIECE_BYTES });
	const packed = createGzip({ chunkSize: PIECE_BYTES });
	plain.once("error", (error) => packed.destroy(error));
	await assets.add({ name: agentAssetName(arch), source: { stream: plain.pipe(packed), from: file }, expect: {} });
	log.info({ file }, "the agent is ready for machines");
	return await readAgentAssets(assets, damaged);
}

/** The architecture of an agent's program. Throws ConfigError for a file that is none. */
export async function architectureOf(file: string): Promise<"x64" | "arm64"> {
	const header = Buffer.alloc(20);
	try {
		const handle = await openGivenFile(file);
		try {
			await handle.read(header, 0, header.length, 0);
		} finally {
			await handle.close();
		}
	} catch (error) {
		throw new ConfigError(`the agent ${file} cannot be read: ${systemReason(error)}`);
	}
	const arch = programArch(header);
	if (!arch) throw new ConfigError(`the agent ${file} is no Linux program for x64 or arm64; npm run bundle makes one`);
	return arch;
}
