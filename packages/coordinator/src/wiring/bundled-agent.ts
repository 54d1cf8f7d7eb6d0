import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Logger } from "pino";
import { type Assets, agentAssetName, readAgentAssets } from "../adapters/boot/index.ts";
import { ConfigError } from "../config.ts";

/** The agent that `npm run bundle` makes in the repository. */
const BUNDLED = join(import.meta.dirname, "../../../../dist/agent/rollcall-agent");

/** `e_machine` of an ELF header (elf(5)). */
const ARCHITECTURES: Readonly<Record<number, "x64" | "arm64">> = { 62: "x64", 183: "arm64" };

/**
 * Puts an agent's program among the assets, compressed, under the name of its architecture; nothing is done where the
 * same program is there already. Throws ConfigError for a file that was named and is no program of a known architecture.
 */
export async function addAgent(assets: Assets, named: string | undefined, log: Pick<Logger, "info">): Promise<void> {
	const file = named ?? BUNDLED;
	if (named === undefined && !(await stat(file).catch(() => undefined))) return;
	const arch = await architectureOf(file);
	const hash = createHash("sha512");
	await pipeline(createReadStream(file), hash);
	const known = (await readAgentAssets(assets)).get(arch);
	if (known?.sha512 === hash.digest("hex")) return;
	// Kept by its hash, and so done once for each program; that takes seconds in which nothing else would be said.
	log.info({ file }, "the agent is being compressed for machines, once; this takes some seconds");
	const plain = createReadStream(file);
	const packed = createGzip();
	plain.once("error", (error) => packed.destroy(error));
	await assets.add({ name: agentAssetName(arch), source: { stream: plain.pipe(packed), from: file }, expect: {} });
	log.info({ file }, "the agent is ready for machines");
}

async function architectureOf(file: string): Promise<"x64" | "arm64"> {
	const header = Buffer.alloc(20);
	try {
		const handle = await open(file, "r");
		try {
			await handle.read(header, 0, header.length, 0);
		} finally {
			await handle.close();
		}
	} catch (error) {
		throw new ConfigError(`the agent ${file} cannot be read: ${(error as Error).message}`);
	}
	const arch = header.readUInt32BE(0) === 0x7f454c46 ? ARCHITECTURES[header.readUInt16LE(18)] : undefined;
	if (!arch) throw new ConfigError(`the agent ${file} is no Linux program for x64 or arm64; npm run bundle makes one`);
	return arch;
}
