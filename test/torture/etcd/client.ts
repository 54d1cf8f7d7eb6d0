import { existsSync, readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { stretched } from "@rollcall/test-support/stretch";
import { z } from "zod";

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
export class EtcdClient {
	readonly #agents = new Map<string, Agent>();

	/** Takes the credentials that lie below a control plane's root. False: there are none. */
	read(root: string): boolean {
		const pki = join(root, "etc/kubernetes/pki");
		const [ca, cert, key] = ["etcd/ca.crt", "apiserver-etcd-client.crt", "apiserver-etcd-client.key"].map((name) =>
			join(pki, name),
		);
		if (!ca || !cert || !key || !existsSync(key) || !existsSync(cert) || !existsSync(ca)) return false;
		this.#credentials = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
		for (const agent of this.#agents.values()) agent.destroy();
		this.#agents.clear();
		return true;
	}

	#credentials: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } | undefined;

	/** Writes; the revision. Throws when it was not acknowledged. */
	async put(address: string, key: string, value: string): Promise<number> {
		const answer = await this.#post(address, "/v3/kv/put", { key: base64(key), value: base64(value) });
		return Put.parse(answer).header.revision;
	}

	/** All keys with this beginning, and their values unless only keys are asked for, read linearizably. Throws when there is no answer. */
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
		let agent = this.#agents.get(address);
		if (!agent) {
			agent = new Agent({ keepAlive: true, maxSockets: 4, ...this.#credentials });
			this.#agents.set(address, agent);
		}
		return new Promise((resolve, reject) => {
			const asked = request(
				{ host: address, port: 2379, path, method: "POST", agent, timeout: stretched(4_000) },
				(response) => {
					const chunks: Buffer[] = [];
					response.on("error", reject);
					response.on("data", (chunk: Buffer) => chunks.push(chunk));
					response.on("end", () => {
						const said = Buffer.concat(chunks).toString();
						if (response.statusCode !== 200) return reject(new Error(`${response.statusCode} ${said.slice(0, 300)}`));
						try {
							resolve(JSON.parse(said));
						} catch (error) {
							reject(error);
						}
					});
				},
			);
			asked.on("timeout", () => asked.destroy(new Error("no answer")));
			asked.on("error", reject);
			asked.end(JSON.stringify(body));
		});
	}
}
