import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { BootDocument, ClusterDocument } from "@rollcall/protocol";
import { agentAssetName } from "../adapters/boot/agent-assets.ts";
import { architectureOf } from "../adapters/boot/agent-program.ts";
import { blobPath } from "../adapters/boot/blob-damage.ts";
import { programArch } from "../adapters/boot/program-arch.ts";
import { type KeptFiles, programArtifacts } from "./boot-files.ts";
import { type DoctorFinding, findingsOf } from "./finding.ts";

type Arch = "x64" | "arm64";
const { ok, fail } = findingsOf("agent");

/** The architectures that documents name: in the names of kernels, in selectors, of artifacts and of archives of images. x64 where nothing says another. */
export function namedArchitectures(boot: BootDocument | undefined, cluster: ClusterDocument | undefined): Arch[] {
	const found = new Set<Arch>();
	for (const { agent, kernel = "" } of boot?.profiles ?? []) if (agent) found.add(archIn(kernel) ?? "x64");
	for (const { selector } of boot?.groups ?? []) {
		const { arch, buildarch } = selector.request ?? {};
		const said = selector.arch ?? archIn(buildarch ?? arch ?? "");
		if (said) found.add(said);
	}
	const fetched = cluster ? [...programArtifacts(cluster), ...cluster.images.archives] : [];
	for (const { arch } of fetched) if (arch) found.add(arch);
	for (const { selector } of cluster?.slots ?? []) if (selector.arch) found.add(selector.arch);
	return found.size > 0 ? [...found].sort().reverse() : ["x64"];
}

function archIn(text: string): Arch | undefined {
	if (/arm64|aarch64/i.test(text)) return "arm64";
	return /x86_64|amd64|x64/i.test(text) ? "x64" : undefined;
}

/** Whether there is an agent for each of these architectures. `program`: the one that the coordinator adds at its start, where there is one. */
export async function agentFindings(
	architectures: readonly Arch[],
	kept: KeptFiles,
	program: string | undefined,
): Promise<DoctorFinding[]> {
	const brought = program === undefined ? undefined : await architectureOf(program).catch((error: Error) => error);
	if (brought instanceof Error) return [fail(brought.message, "`npm run setup` makes one, or correct boot.agent")];
	return Promise.all(architectures.map((arch) => one(arch, kept, brought === arch ? program : undefined)));
}

async function one(arch: Arch, kept: KeptFiles, program: string | undefined): Promise<DoctorFinding> {
	const name = agentAssetName(arch);
	const entry = kept.entries.get(name);
	if (!entry && program) return ok(`${arch}: ${program} is handed out from the coordinator's next start on`);
	const next = `make one on a computer of that architecture (\`npm run bundle\`), gzip it, and \`rollcall assets add ${name} FILE\``;
	if (!entry) return fail(`${arch}: machines of this architecture boot here, and there is no agent for them`, next);
	const damage = await kept.fault(name);
	if (damage !== undefined) return fail(`${arch}: ${name}: ${damage}`, next);
	const inside = await unpacked(blobPath(kept.folder, entry.sha256)).catch((error: Error) => error);
	if (inside instanceof Error) return fail(`${arch}: ${name} is not gzip (${inside.message})`, next);
	if (inside.arch !== arch)
		return fail(`${arch}: ${name} is ${inside.arch ? `for ${inside.arch}` : "no program"}`, next);
	if (program && (await sha512Of(program)) !== inside.sha512) {
		const text = `${arch}: machines get ${name}; ${program} is another one, which they get from the coordinator's next start on`;
		return ok(text);
	}
	return ok(`${arch}: ${name} is whole`);
}

/** What a packed program is. */
async function unpacked(file: string): Promise<{ arch: Arch | undefined; sha512: string }> {
	const hash = createHash("sha512");
	let head = Buffer.alloc(0);
	await pipeline(createReadStream(file), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
		for await (const chunk of chunks) {
			if (head.length < 20) head = Buffer.concat([head, chunk.subarray(0, 20)]);
			hash.update(chunk);
		}
	});
	return { arch: programArch(head), sha512: hash.digest("hex") };
}

async function sha512Of(file: string): Promise<string> {
	const hash = createHash("sha512");
	await pipeline(createReadStream(file), hash);
	return hash.digest("hex");
}
