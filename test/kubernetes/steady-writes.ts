import { eventually } from "@rollcall/test-support/eventually";
import type { Administrator } from "./administrator.ts";
import { READY_MS } from "./cluster-nodes.ts";

const PATH = "/api/v1/namespaces/default/configmaps";
const LABEL = "steady-writes";

/** ConfigMaps that are written through the API, one after the other; none that it acknowledged may be missing later. */
export class SteadyWrites {
	readonly #acknowledged: string[] = [];
	readonly #api: Administrator;
	#count = 0;

	constructor(api: Administrator) {
		this.#api = api;
	}

	/** How many the API took. */
	get acknowledged(): number {
		return this.#acknowledged.length;
	}

	/** Tries to write the next one, once. Undefined where it was taken; else what was said instead. */
	async once(): Promise<string | undefined> {
		const name = `${LABEL}-${++this.#count}`;
		const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { [LABEL]: "yes" } } };
		const { status, text } = await this.#api.ask(PATH, body);
		if (status !== 201) return `${status} ${text}`;
		this.#acknowledged.push(name);
		return undefined;
	}

	/** Writes until one more is taken. */
	async one(): Promise<void> {
		const refused = async (): Promise<true> => {
			const said = await this.once();
			if (said !== undefined) throw new Error(said);
			return true;
		};
		await eventually("the API to take a write", refused, READY_MS, 2_000);
	}

	/** The names of those that were acknowledged, and are not there. */
	async missing(): Promise<readonly string[]> {
		const { status, text } = await this.#api.ask(`${PATH}?labelSelector=${LABEL}`);
		if (status !== 200) throw new Error(`${status} ${text.slice(0, 1000)}`);
		const { items } = JSON.parse(text) as { items: readonly { metadata: { name: string } }[] };
		const there = new Set(items.map(({ metadata }) => metadata.name));
		return this.#acknowledged.filter((name) => !there.has(name));
	}
}
