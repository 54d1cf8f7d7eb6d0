import { createReadStream, createWriteStream } from "node:fs";
import { access, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import { agentBinary } from "../support/places.ts";
import { alone } from "./image/alone.ts";

const PREFIX = "agent-";

/**
 * The bundled agent in gzip's format, as machines get it, below `cache`; every lab's coordinator would pack it anew, but one that finds it among its assets
 * does not. It is stored, not compressed: an emulated machine carries 110 MB in a fraction of the time in which it inflates them. Kept by the
 * program's SHA-512; others are removed.
 */
export async function packedAgent(cache: string): Promise<string> {
	const manifest = join(dirname(agentBinary), "manifest.json");
	const { sha512 } = JSON.parse(await readFile(manifest, "utf8")) as { sha512: string };
	const name = `${PREFIX}stored-${sha512.slice(0, 16)}.gz`;
	const path = join(cache, name);
	const isThere = () =>
		access(path).then(
			() => true,
			() => false,
		);
	if (await isThere()) return path;
	return await alone(cache, async () => {
		// Another process may have packed it in the meantime.
		if (await isThere()) return path;
		const work = await mkdtemp(join(cache, "packing-"));
		try {
			await pipeline(
				createReadStream(agentBinary),
				createGzip({ level: constants.Z_NO_COMPRESSION }),
				createWriteStream(join(work, name)),
			);
			for (const old of await readdir(cache))
				if (old.startsWith(PREFIX) && old !== name) await rm(join(cache, old), { force: true });
			await rename(join(work, name), path);
		} finally {
			await rm(work, { recursive: true, force: true });
		}
		return path;
	});
}
