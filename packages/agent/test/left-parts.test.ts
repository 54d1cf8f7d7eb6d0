import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { sha256Of } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { applyTarget } from "../src/loop/apply.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { serve } from "./support/http-server.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, file, MACHINE } from "./support/targets.ts";

const [FIRST, OTHER] = [randomBytes(300_000), randomBytes(300_000)];
const artifact = (path: string, content: Buffer, url: string) => ({
	path,
	mode: "0644",
	sha256: sha256Of(content),
	sizeBytes: content.length,
	urls: [url],
});
const run = () => ({ machineId: MACHINE, signal: new AbortController().signal, started: () => {} });

/** Half-fetched files below a machine's root. */
const partsIn = (root: string): string[] => Object.keys(tree(root)).filter((path) => path.endsWith(".part"));

/** A machine on which half of an artifact was fetched for a target, when the server went. */
async function halfFetched(t: ExecutionContext) {
	const root = temporaryRoot(t);
	const parts = applyParts(root, createScriptedUnits());
	const broken = await serve(t, (_, response) => {
		response.writeHead(200, { "content-length": FIRST.length });
		response.write(FIRST.subarray(0, 100_000), () => response.destroy());
	});
	await applyTarget(parts, accepted(1, { files: [file("/etc/kubernetes/a", "good")] }), run());
	const failing = accepted(2, { artifacts: [artifact("/opt/rollcall/images/first.tar", FIRST, broken.url)] });
	t.is((await applyTarget(parts, failing, run())).state, "rejected");
	t.is(partsIn(root).length, 1);
	return { root, parts };
}

for (const [where, path] of [
	["in its place", "/opt/rollcall/images/first.tar"],
	["beside it", "/opt/rollcall/images/other.tar"],
	["in another folder", "/opt/cni/bin/other.tar"],
] as const)
	test(`what was fetched of an artifact that is not wanted any more makes room before another one is fetched ${where}`, async (t) => {
		const { root, parts } = await halfFetched(t);
		const seen: string[][] = [];
		const { url } = await serve(t, (_, response) => {
			seen.push(partsIn(root));
			response.end(OTHER);
		});
		const next = accepted(3, { artifacts: [artifact(path, OTHER, url)] });
		t.is((await applyTarget(parts, next, run())).state, "applied");
		// Of the one that is fetched there is a part already, or none yet.
		t.true((seen[0]?.length ?? 0) <= 1, seen[0]?.join());
		t.deepEqual(Object.keys(tree(root)), [path]);
	});

test("what was fetched of an artifact goes with a target that has none, and with a reset", async (t) => {
	const one = await halfFetched(t);
	const plain = accepted(3, { files: [file("/etc/kubernetes/a", "better")] });
	t.is((await applyTarget(one.parts, plain, run())).state, "applied");
	t.deepEqual(Object.keys(tree(one.root)), ["/etc/kubernetes/a"]);

	const other = await halfFetched(t);
	const parts = { ...other.parts, random: () => 0, changed: () => {}, machineId: () => MACHINE };
	const keeper = createTargetKeeper(parts);
	t.teardown(() => keeper.stop());
	await keeper.start();
	await keeper.reset();
	t.deepEqual(tree(other.root), {});
});

test("what was fetched of an artifact that the next target wants too is not fetched again", async (t) => {
	const { parts, root } = await halfFetched(t);
	const came = partsIn(root).reduce((sum, path) => sum + statSync(join(root, path)).size, 0);
	const from: number[] = [];
	const { url } = await serve(t, (request, response) => {
		const [, first = "0"] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
		from.push(Number(first));
		response.writeHead(206).end(FIRST.subarray(Number(first)));
	});
	const next = accepted(3, { artifacts: [artifact("/opt/rollcall/images/first.tar", FIRST, url)] });
	t.is((await applyTarget(parts, next, run())).state, "applied");
	t.deepEqual(from, [came], "it goes on where the connection broke");
	t.deepEqual(partsIn(root), []);
	await eventually("it is there", () => tree(root)["/opt/rollcall/images/first.tar"] !== undefined);
});
