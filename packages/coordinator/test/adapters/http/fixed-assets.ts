import { AssetWork } from "@rollcall/protocol";
import type { AssetStore } from "../../../src/adapters/http/dependencies.ts";
import { WorkRefused } from "../../../src/errors.ts";

export const WORK_ID = "0b9f4f2e-6f0e-4d3c-9a52-0c5b7c1d2e3f";

/** A store with one file and one work that never ends. */
export function fixedAssets(): AssetStore {
	const names = new Set(["a/b"]);
	const hashes = { sha256: "0".repeat(64), sha512: "0".repeat(128) };
	const work = (kind: "add" | "verify"): AssetWork =>
		AssetWork.parse({ workId: WORK_ID, kind, state: "running", doneBytes: 0 });
	const look = (workId: string) => {
		if (workId === WORK_ID) return work("add");
		throw new WorkRefused("unknown", "no such work");
	};
	const view = (name: string) => ({ name, sizeBytes: 3, ...hashes, source: "here", checked: [] });
	return {
		base: "http://192.0.2.1:7480",
		list: () => [...names].map(view),
		remove: async (name) => names.delete(name),
		add: () => work("add"),
		receive: async () => work("add"),
		verify: () => work("verify"),
		look,
		underWay: () => [work("add")],
		stop: look,
	};
}
