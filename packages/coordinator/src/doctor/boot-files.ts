import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { BootDocument, ClusterDocument, ProgramArtifact } from "@rollcall/protocol";
import { type AssetEntry, readAssetIndex } from "../adapters/boot/asset-index.ts";
import { blobDamage, blobPath } from "../adapters/boot/blob-damage.ts";
import { readDocument } from "../adapters/files/read-document.ts";
import { readBootDocument } from "../boot/document.ts";
import { findingText } from "../boot/finding.ts";
import { namedAssets } from "../boot/named-assets.ts";
import { parseDocument } from "../document/parse-document.ts";
import { type DoctorFinding, findingsOf } from "./finding.ts";

const boot = findingsOf("boot document");
const cluster = findingsOf("cluster document");
const ADD = "`rollcall assets fetch` or `rollcall assets add` it, with the coordinator running";

/** The files that are kept for machines, as their index tells. Throws for an index that cannot be read. */
export class KeptFiles {
	readonly folder: string;
	readonly entries: ReadonlyMap<string, AssetEntry>;
	/** By SHA-256: what was read already. */
	readonly #damage = new Map<string, Promise<string | undefined>>();

	private constructor(folder: string, entries: ReadonlyMap<string, AssetEntry>) {
		this.folder = folder;
		this.entries = entries;
	}

	static async open(dataFolder: string): Promise<KeptFiles> {
		const folder = join(dataFolder, "assets");
		return new KeptFiles(folder, await readAssetIndex(folder));
	}

	/** Why a file cannot be handed out; undefined where it can. Each content is read once. */
	fault(name: string): Promise<string | undefined> {
		const entry = this.entries.get(name);
		if (!entry) return Promise.resolve("is not among the files that are kept");
		const known = this.#damage.get(entry.sha256) ?? this.#read(entry);
		this.#damage.set(entry.sha256, known);
		return known;
	}

	async #read({ sha256, sizeBytes }: AssetEntry): Promise<string | undefined> {
		const found = await stat(blobPath(this.folder, sha256)).catch(() => undefined);
		if (found && found.size !== sizeBytes) return `has ${found.size} bytes, not ${sizeBytes}`;
		return await blobDamage(this.folder, sha256);
	}
}

/** The boot document, and every file of ours that it names. `document` is undefined where there is none that is good. */
export async function bootDocumentFindings(
	file: string | undefined,
	kept: KeptFiles,
): Promise<{ readonly findings: readonly DoctorFinding[]; readonly document?: BootDocument }> {
	if (file === undefined) {
		const text = "the configuration names no boot document, so machines get nothing to boot";
		return { findings: [boot.fail(text, "name one in boot.document; deploy/profiles/ has some")] };
	}
	let text: string;
	try {
		text = await readDocument(file, "the boot document");
	} catch (error) {
		return { findings: [boot.fail((error as Error).message, "name a file that is there in boot.document")] };
	}
	const read = readBootDocument(text);
	if (!read.ok) {
		const findings = read.findings.map((one) => boot.fail(`${file}: ${findingText(one)}`, "correct the boot document"));
		return { findings };
	}
	const names = namedAssets(read.document);
	const findings = await faults(names, kept, boot);
	const whole = boot.ok(`${file}: all ${names.length} files that it names are there, and whole`);
	return { document: read.document, findings: findings.length > 0 ? findings : [whole] };
}

/** The document that is declared at a first start, and every file of ours that it names. `base`: the boot listener, as machines reach it. */
export async function clusterDocumentFindings(
	file: string,
	kept: KeptFiles,
	base: string | undefined,
): Promise<{ readonly findings: readonly DoctorFinding[]; readonly document?: ClusterDocument }> {
	let text: string;
	try {
		text = await readDocument(file, "the cluster document");
	} catch (error) {
		return { findings: [cluster.fail((error as Error).message, "name a file that is there in `document`")] };
	}
	const read = parseDocument(text, base === undefined ? undefined : { files: kept.entries, base });
	if (!read.ok) {
		const findings = (read.problem.details ?? []).map(({ path, message, suggestion }) =>
			cluster.fail(`${file}: ${path ? `${path}: ` : ""}${message}`, suggestion ?? "correct the cluster document"),
		);
		return { findings: findings.length > 0 ? findings : [cluster.fail(read.problem.message, "correct it")] };
	}
	const { document } = read;
	const wanted = [...programArtifacts(document), ...document.images.archives].flatMap(({ sha256, urls }) => {
		const name = base && urls.find((url) => url.startsWith(`${base}/assets/`))?.slice(base.length + "/assets/".length);
		return name ? [{ name, sha256 }] : [];
	});
	const findings = await faults(
		wanted.map(({ name }) => name),
		kept,
		cluster,
	);
	for (const { name, sha256 } of wanted) {
		const entry = kept.entries.get(name);
		if (entry && `sha256:${entry.sha256}` !== sha256)
			findings.push(cluster.fail(`${name} is kept with another hash than the document has`, ADD));
	}
	for (const warning of read.warnings)
		findings.push(cluster.warn(`${file}: ${warning}`, "look whether it is meant so"));
	const whole = cluster.ok(`${file}: it is valid, and all ${wanted.length} files that it names are there, and whole`);
	return { document, findings: findings.length > 0 ? findings : [whole] };
}

/** The programs that a document brings: those of Kubernetes and of the operator's roles. */
export function programArtifacts({ kubernetes, roles }: ClusterDocument): readonly ProgramArtifact[] {
	return [...kubernetes.artifacts, ...Object.values(roles).flatMap(({ artifacts }) => artifacts)];
}

async function faults(
	names: readonly string[],
	kept: KeptFiles,
	{ fail }: Pick<typeof boot, "fail">,
): Promise<DoctorFinding[]> {
	const found: DoctorFinding[] = [];
	for (const name of names) {
		const fault = await kept.fault(name);
		if (fault !== undefined) found.push(fail(`${name}: ${fault}`, ADD));
	}
	return found;
}
