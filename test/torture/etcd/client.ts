import { z } from "zod";
import { Asker, PKI } from "./asker.ts";
import type { Store } from "./store.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const text = (from: string): string => Buffer.from(from, "base64").toString();

const Header = z.looseObject({ revision: z.coerce.number() });
const Put = z.looseObject({ header: Header });
const Range = z.looseObject({
	header: Header,
	kvs: z.array(z.looseObject({ key: z.string(), value: z.string().default("") })).default([]),
});
const Members = z.looseObject({
	members: z.array(
		z.looseObject({
			name: z.string().default(""),
			isLearner: z.boolean().default(false),
			clientURLs: z.array(z.string()).default([]),
		}),
	),
});

/** A client of etcd's members, over their JSON gateway, with the credentials of an API server. */
export class EtcdClient implements Store {
	readonly keeps = "keys of etcd";
	readonly restMs = 40;
	readonly #asker = new Asker(2379, [
		`${PKI}/etcd/ca.crt`,
		`${PKI}/apiserver-etcd-client.crt`,
		`${PKI}/apiserver-etcd-client.key`,
	]);

	read(root: string): boolean {
		return this.#asker.read(root);
	}

	/** Writes; the revision. Throws when it was not acknowledged. */
	async put(address: string, key: string, value: string): Promise<number> {
		const answer = await this.#post(address, "/v3/kv/put", { key: base64(key), value: base64(value) });
		return Put.parse(answer).header.revision;
	}

	/** All keys with this beginning, read linearizably. */
	async all(address: string, beginning: string, keysOnly = false): Promise<ReadonlyMap<string, string>> {
		const end = `${beginning.slice(0, -1)}${String.fromCharCode(beginning.charCodeAt(beginning.length - 1) + 1)}`;
		const answer = await this.#post(address, "/v3/kv/range", {
			key: base64(beginning),
			range_end: base64(end),
			keys_only: keysOnly,
		});
		return new Map(Range.parse(answer).kvs.map(({ key, value }) => [text(key), text(value)]));
	}

	async members(address: string): Promise<readonly { readonly name: string; readonly votes: boolean }[]> {
		const { members } = Members.parse(await this.#post(address, "/v3/cluster/member/list", {}));
		return members.map(({ name, isLearner, clientURLs }) => ({ name, votes: !isLearner && clientURLs.length > 0 }));
	}

	#post(address: string, path: string, body: object): Promise<unknown> {
		return this.#asker.ask(address, { method: "POST", path, body });
	}
}
