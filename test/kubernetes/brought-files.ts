import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { unpackPackages } from "../lab/image/debian.ts";
import { LAB_CACHE } from "../lab/lab.ts";
import { standInFor, writeReleases } from "../lab/releases/makers.ts";
import { newOperator } from "../support/cli.ts";
import { repository } from "../support/places.ts";
import { COREDNS, hasCoreDns, writeNodeImages } from "./node-images.ts";

export const VERSION = "1.36.2";

/** What a coordinator brings to machines that have nothing, as files beside it. */
export interface BroughtFiles {
	/** A folder as the makers have it. */
	readonly releases: string;
	/** The images that are there, by the last part of their repository. */
	readonly images: ReadonlyMap<string, string>;
	/** Archives of images. */
	readonly archives: readonly { readonly name: string; readonly file: string; readonly roles?: readonly string[] }[];
	/** Of a cluster document. */
	readonly overrides: Readonly<Record<string, string>>;
}

/** Writes releases and images of a folder of programs. `document`: a cluster whose manifests name the images. */
export async function writeBrought(
	t: Scope,
	{ programs, folder, document }: { readonly programs: string; readonly folder: string; readonly document: object },
): Promise<BroughtFiles> {
	const [releases, own] = [join(folder, "releases"), join(folder, "own")];
	for (const one of [releases, own]) await mkdir(one, { recursive: true });
	const programOf = async (name: string): Promise<string> =>
		existsSync(join(programs, name)) ? join(programs, name) : await standInFor(name, own);
	const [kubectl, crictl] = [await programOf("kubectl"), await programOf("crictl")];
	await writeReleases(releases, VERSION, { kubelet: join(programs, "kubelet"), kubectl, crictl });
	const files = { everyNode: join(folder, "node.tar"), controlPlane: join(folder, "control-plane.tar") };
	const images = await renderedImages(t, document);
	await writeNodeImages(files, { programs, images, cache: LAB_CACHE, work: folder });
	const check = join(folder, "check.tar");
	await writeCheckImage(t, check);
	return {
		releases,
		images,
		archives: [
			{ name: "node", file: files.everyNode },
			{ name: "control-plane", file: files.controlPlane, roles: ["control-plane"] },
			{ name: "check", file: check },
		],
		overrides: {
			check: "rollcall.local/check:1",
			...(hasCoreDns(programs) ? { coredns: COREDNS.reference } : {}),
		},
	};
}

/** The image of a check's pods, as an operator without internet makes it. */
async function writeCheckImage(t: Scope, file: string): Promise<void> {
	const unpacked = join(LAB_CACHE, "busybox-static");
	await unpackPackages({ names: ["busybox-static"], beside: "nothing" }, unpacked, LAB_CACHE);
	const busybox = join(unpacked, "bin/busybox");
	const { code, stderr } = await newOperator(t).rollcall("check", "image", "--busybox", busybox, "--out", file);
	if (code !== 0) throw new Error(stderr);
}

/** The references that the rendered manifests name, by the last part of the repository. */
async function renderedImages(t: Scope, cluster: object): Promise<ReadonlyMap<string, string>> {
	const folder = ownFolder(t, "rollcall-rendered-");
	const document = join(folder, "cluster.json");
	await writeFile(document, JSON.stringify(cluster));
	const facts = join(repository, "deploy/examples/facts.json");
	const found = new Map<string, string>();
	for (const role of ["control-plane", "worker"]) {
		const out = join(folder, role);
		const { code, stderr } = await newOperator(t).rollcall(
			...["render", "-f", document, "--role", role, "--machine", facts, "--out", out],
		);
		if (code !== 0) throw new Error(stderr);
		for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
			if (!entry.isFile()) continue;
			const text = await readFile(join(entry.parentPath, entry.name), "utf8");
			for (const [, reference = ""] of text.matchAll(/(?:image: |sandbox_image = )"?([\w./:-]+)/g))
				found.set(/([^/:]+):[^/]*$/.exec(reference)?.[1] ?? reference, reference);
		}
	}
	return found;
}
