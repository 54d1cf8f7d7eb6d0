import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { systemReason } from "@rollcall/protocol";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { readGivenFile } from "../../disk/given-file.ts";
import type { Manifest } from "../../render/addons/manifest.ts";

const MOST_FILES = 256;
const MOST_BYTES = 8 * 2 ** 20;
const MOST_OBJECTS = 2048;

/** As much of an object as must be there to apply it; the API checks the rest. */
const Applicable = z.looseObject({
	apiVersion: z.string().min(1).max(253),
	kind: z.string().min(1).max(63),
	metadata: z.looseObject({ name: z.string().min(1).max(253), namespace: z.string().min(1).max(63).optional() }),
});

/** What others need to be there first. */
const FIRST: readonly string[] = ["Namespace", "CustomResourceDefinition", "PriorityClass", "StorageClass"];

/**
 * Reads an operator's own manifests: all `.yaml`, `.yml` and `.json` files of a folder, in the order of their names, several
 * objects in one file or in a `List`. Namespaces and the like come first. Throws an Error that names the file and the object.
 */
export async function readManifestFolder(folder: string): Promise<readonly Manifest[]> {
	const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
		throw new Error(`manifests: the folder ${folder} cannot be read: ${systemReason(error)}`);
	});
	const names = entries
		.filter((entry) => !entry.isDirectory() && /\.(?:ya?ml|json)$/.test(entry.name))
		.map(({ name }) => name)
		.sort();
	if (names.length > MOST_FILES) throw new Error(`${folder}: more than ${MOST_FILES} files`);
	const manifests: Manifest[] = [];
	let bytes = 0;
	for (const name of names) {
		const path = join(folder, name);
		const content = await readGivenFile(path, MOST_BYTES).catch((error: unknown) => {
			throw new Error(`manifests: ${path} cannot be read: ${systemReason(error)}`);
		});
		bytes += content.length;
		if (bytes > MOST_BYTES) throw new Error(`${path}: the folder has more than ${MOST_BYTES / 2 ** 20} MiB`);
		manifests.push(...readManifests(path, content.toString("utf8")));
		if (manifests.length > MOST_OBJECTS) throw new Error(`${path}: the folder has more than ${MOST_OBJECTS} objects`);
	}
	const rank = ({ kind }: Manifest) => (FIRST.includes(kind) ? FIRST.indexOf(kind) : FIRST.length);
	return manifests.sort((a, b) => rank(a) - rank(b));
}

function readManifests(path: string, text: string): Manifest[] {
	const documents = parseAllDocuments(text);
	if (!Array.isArray(documents)) return [];
	return documents.flatMap((document, index) => {
		const [error] = document.errors;
		if (error) throw new Error(`${path}: ${error.message.split("\n")[0]}`);
		const value: unknown = document.toJS({ maxAliasCount: 100 });
		if (value === null || value === undefined) return [];
		return itemsOf(value).map((item) => {
			const read = Applicable.safeParse(item);
			if (read.success) return read.data as Manifest;
			const [issue] = read.error.issues;
			const where = issue?.path.join(".") || "the object";
			throw new Error(`${path}: object ${index + 1}: ${where}: ${issue?.message}`);
		});
	});
}

function itemsOf(value: unknown): readonly unknown[] {
	const { kind, items } = value as { kind?: unknown; items?: unknown };
	return kind === "List" && Array.isArray(items) ? items : [value];
}
