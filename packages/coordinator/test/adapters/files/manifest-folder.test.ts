import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withDeadline } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { readManifestFolder } from "../../../src/adapters/files/manifest-folder.ts";

async function folderWith(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
	const folder = ownFolder(t, "rollcall-manifests-");
	for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
	return folder;
}

const object = (kind: string, name: string) => `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;

test("all objects of all files are read, in order, namespaces first", async (t) => {
	const folder = await folderWith(t, {
		"b.yaml": `${object("ConfigMap", "one")}---\n${object("Namespace", "class")}---\n`,
		"a.json": JSON.stringify({
			apiVersion: "v1",
			kind: "List",
			items: [{ apiVersion: "v1", kind: "Secret", metadata: { name: "two" } }],
		}),
		"notes.txt": "not read",
		"empty.yml": "# nothing\n",
	});
	await mkdir(join(folder, "folder.yaml"));
	const manifests = await readManifestFolder(folder);
	t.deepEqual(
		manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
		["Namespace class", "Secret two", "ConfigMap one"],
	);
});

test("what cannot be applied is named with its file", async (t) => {
	for (const [text, words] of [
		["a: [", /cni\.yaml: /],
		[`${object("ConfigMap", "a")}---\nkind: ConfigMap\n`, /cni\.yaml: object 2: apiVersion: /],
		["apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\n", /object 1: metadata\.name: /],
		["just a word", /object 1: the object: /],
	] as const) {
		await t.throwsAsync(readManifestFolder(await folderWith(t, { "cni.yaml": text })), { message: words });
	}
	await t.throwsAsync(readManifestFolder("/nowhere/at/all"), {
		message: "manifests: the folder /nowhere/at/all cannot be read: there is no such file",
	});
});

test("a pipe in the folder is refused by its name, and keeps nobody waiting", async (t) => {
	const folder = await folderWith(t, { "a.yaml": object("ConfigMap", "one") });
	const file = join(folder, "b.yaml");
	execFileSync("mkfifo", [file]);
	t.teardown(() => closeSync(openSync(file, constants.O_RDWR | constants.O_NONBLOCK)));
	await t.throwsAsync(withDeadline("an end", readManifestFolder(folder)), {
		message: `manifests: ${file} cannot be read: it is a pipe, not a file`,
	});
});
