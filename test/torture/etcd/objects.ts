import { z } from "zod";
import { Asker, PKI } from "./asker.ts";
import type { Store } from "./store.ts";

/** Where API servers listen. */
export const API_PORT = 6443;

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
/** Where an object has its key, and by what those with one beginning are found. */
const KEY = "torture/key";
const BEGINNING = "torture/beginning";
export const APPLY = "application/apply-patch+yaml";
const NAMES = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

const Named = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });
const List = z.looseObject({
	items: z.array(
		z.looseObject({
			metadata: z.looseObject({ annotations: z.record(z.string(), z.string()) }),
			data: z.record(z.string(), z.string()).default({}),
		}),
	),
});

/** A client of real API servers, as an administrator: what is written are ConfigMaps. */
export class ObjectsClient implements Store {
	readonly keeps = "objects of the API";
	readonly restMs = 100;
	readonly #asker = new Asker(API_PORT, [`${PKI}/ca.crt`, `${PKI}/super-admin.crt`, `${PKI}/super-admin.key`]);

	read(root: string): boolean {
		return this.#asker.read(root);
	}

	async put(address: string, key: string, value: string): Promise<void> {
		const name = nameOf(key);
		const body = {
			apiVersion: "v1",
			kind: "ConfigMap",
			metadata: { name, labels: { [BEGINNING]: beginningOf(key) }, annotations: { [KEY]: key } },
			data: { value },
		};
		const path = `${CONFIG_MAPS}/${name}?fieldManager=torture&force=true`;
		Named.parse(await this.#asker.ask(address, { method: "PATCH", path, headers: { "content-type": APPLY }, body }));
	}

	/** All with this beginning. Without a resource version, the API server answers with nothing older than etcd has. */
	async all(address: string, beginning: string, keysOnly = false): Promise<ReadonlyMap<string, string>> {
		const path = `${CONFIG_MAPS}?labelSelector=${encodeURIComponent(`${BEGINNING}=${beginningOf(beginning)}`)}`;
		const headers = { accept: keysOnly ? NAMES : "application/json" };
		const { items } = List.parse(await this.#asker.ask(address, { method: "GET", path, headers }));
		return new Map(items.map(({ metadata, data }) => [metadata.annotations[KEY] ?? "", data.value ?? ""]));
	}
}

/** `/torture/key/7`, or `/torture/key/`: `torture.key`. */
function beginningOf(key: string): string {
	return key.slice(1, key.lastIndexOf("/")).replaceAll("/", ".");
}

/** `/torture/key/7`: `torture.key.7`. */
function nameOf(key: string): string {
	return key.replace(/^\/|\/$/g, "").replaceAll("/", ".");
}
