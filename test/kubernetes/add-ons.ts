import { readFileSync } from "node:fs";
import { join } from "node:path";
import { coreAddOns, parseDocument } from "@rollcall/coordinator/trials";
import type { ExecutionContext } from "ava";
import { repository } from "../support/places.ts";

type Ask = (
	path: string,
	wish?: { method: string; body: unknown },
) => Promise<{ readonly status: number; readonly text: string }>;

/** Shows all add-ons of the example with a file server to a real API, which checks them strictly: no unknown field, no value out of place. */
export async function tryAddOns(t: ExecutionContext, ask: Ask): Promise<void> {
	const parsed = parseDocument(readFileSync(join(repository, "deploy/examples/file-server.yaml"), "utf8"));
	if (!parsed.ok) throw new Error(parsed.problem.message);
	const addOns = coreAddOns(parsed.document);
	for (const manifest of addOns) {
		const { status, text } = await ask(`${listOf(manifest)}?dryRun=All&fieldValidation=Strict`, {
			method: "POST",
			body: manifest,
		});
		t.is(status, 201, `${manifest.kind} ${manifest.metadata.name}: ${text}`);
	}
	// Why a class of another file server is made anew instead of being changed.
	const storageClass = addOns.find(({ kind }) => kind === "StorageClass");
	if (!storageClass) throw new Error("there is no StorageClass");
	const list = listOf(storageClass);
	t.is((await ask(list, { method: "POST", body: storageClass })).status, 201);
	const other = { ...storageClass, parameters: { server: "192.0.2.7", share: "/" } };
	const changed = await ask(`${list}/${storageClass.metadata.name}`, { method: "PUT", body: other });
	t.is(changed.status, 422, changed.text);
	t.regex(changed.text, /parameters/);
}

/** The path at which objects of a kind are made. */
function listOf({ apiVersion, kind, metadata }: ReturnType<typeof coreAddOns>[number]): string {
	const plural = `${kind.toLowerCase()}${kind.endsWith("s") ? "es" : "s"}`;
	const place = metadata.namespace === undefined ? "" : `namespaces/${metadata.namespace}/`;
	return `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}/${place}${plural}`;
}
