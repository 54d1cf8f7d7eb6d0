import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

const project = dirname(dirname(import.meta.dirname));
/** What every bundle is made of. */
const ALWAYS = [
	"packages/agent/src",
	"packages/agent/package.json",
	"packages/protocol/src",
	"packages/protocol/package.json",
	"package-lock.json",
	"scripts/agent",
	"scripts/lean-zod.ts",
	"scripts/node-on-demand.ts",
];

/** `hashFiles` of what every bundle of the agent is made of, and of `inputs`. */
export function hashInputs(inputs: readonly string[], also: readonly string[]): Promise<string> {
	return hashFiles([...ALWAYS, ...inputs], also);
}

/** SHA-256 over names and contents of all files of `inputs` (paths of the project: files or folders), and over what else decides the result. */
export async function hashFiles(inputs: readonly string[], also: readonly string[]): Promise<string> {
	const hash = createHash("sha256");
	for (const text of also) hash.update(`${text.replace(project, "")}\0`);
	for (const input of inputs) {
		for (const file of await filesBelow(join(project, input))) {
			hash.update(`${relative(project, file)}\0`);
			hash.update(
				createHash("sha256")
					.update(await readFile(file))
					.digest(),
			);
		}
	}
	return hash.digest("hex");
}

async function filesBelow(path: string): Promise<string[]> {
	if (!(await stat(path)).isDirectory()) return [path];
	const entries = await readdir(path, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
}
