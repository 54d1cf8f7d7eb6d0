import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Artifact, sha256Of } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import { applyTarget } from "../src/loop/apply.ts";
import { serve } from "./support/http-server.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, MACHINE } from "./support/targets.ts";

const NOTE = "/opt/rollcall/archives/cni";
const BRIDGE = "/opt/cni/bin/bridge";
const LONG = `${"a-long-folder-name/".repeat(12)}loopback`;
const CONTENTS = { bridge: randomBytes(700_001), [LONG]: randomBytes(3), README: Buffer.from("not wanted") };

/** A tar archive made by the system's own program. */
function tar(
	t: ExecutionContext,
	format: "gnu" | "pax" | "ustar",
	contents: Readonly<Record<string, Buffer>> = CONTENTS,
) {
	const folder = temporaryRoot(t);
	const names = Object.keys(contents);
	for (const [name, content] of Object.entries(contents)) {
		mkdirSync(dirname(join(folder, "in", name)), { recursive: true });
		writeFileSync(join(folder, "in", name), content);
	}
	execFileSync("tar", [
		"-C",
		join(folder, "in"),
		`--format=${format}`,
		"-cf",
		join(folder, "out.tar"),
		...names.map((name) => `./${name}`),
	]);
	return readFileSync(join(folder, "out.tar"));
}

const artifact = (archive: Buffer, url: string, more: Partial<Artifact> = {}): Artifact => ({
	path: NOTE,
	mode: "0600",
	sha256: sha256Of(archive),
	sizeBytes: archive.length,
	urls: [url],
	unpack: [
		{ member: "bridge", path: BRIDGE, mode: "0755" },
		{ member: LONG, path: "/opt/cni/bin/loopback", mode: "0755" },
	],
	...more,
});
const run = () => ({ machineId: MACHINE, signal: new AbortController().signal, started: () => {} });
async function serveBytes(t: ExecutionContext, content: Buffer) {
	const requests: string[] = [];
	const { url } = await serve(t, (request, response) => {
		requests.push(request.headers.range ?? "all");
		response.end(content);
	});
	return { url, requests };
}

for (const [name, format, compress] of [
	["plain, with GNU's long names", "gnu", (bytes: Buffer) => bytes],
	["gzip, with pax headers", "pax", gzipSync],
	["zstd", "gnu", zstdCompressSync],
] as const) {
	test(`files of an archive (${name}) come into their places, once`, async (t) => {
		const root = temporaryRoot(t);
		const archive = compress(tar(t, format));
		const { url, requests } = await serveBytes(t, archive);
		const apply = (generation: number) =>
			applyTarget(
				applyParts(root, createScriptedUnits()),
				accepted(generation, { artifacts: [artifact(archive, url)] }),
				run(),
			);
		t.deepEqual(await apply(1), { state: "applied" });
		t.true(readFileSync(join(root, BRIDGE)).equals(CONTENTS.bridge));
		t.true(readFileSync(join(root, "/opt/cni/bin/loopback")).equals(CONTENTS[LONG] ?? Buffer.alloc(0)));
		t.is(statSync(join(root, BRIDGE)).mode & 0o777, 0o755);
		t.deepEqual(Object.keys(tree(root)).sort(), ["/opt/cni/bin/bridge", "/opt/cni/bin/loopback", NOTE]);
		t.deepEqual(await apply(2), { state: "applied" });
		t.deepEqual(requests, ["all"]);

		writeFileSync(join(root, BRIDGE), Buffer.alloc(700_001));
		t.deepEqual(await apply(3), { state: "applied" });
		t.true(readFileSync(join(root, BRIDGE)).equals(CONTENTS.bridge));
	});
}

test("files of an archive that is not wanted any more are removed", async (t) => {
	const root = temporaryRoot(t);
	const archive = tar(t, "gnu");
	const { url } = await serveBytes(t, archive);
	const parts = applyParts(root, createScriptedUnits());
	t.deepEqual(await applyTarget(parts, accepted(1, { artifacts: [artifact(archive, url)] }), run()), {
		state: "applied",
	});
	t.deepEqual(await applyTarget(parts, accepted(2, {}), run()), { state: "applied" });
	t.deepEqual(tree(root), {});
});

test("an archive that is not what it should be leaves nothing and says why", async (t) => {
	const archive = gzipSync(tar(t, "gnu"));
	const flipped = Buffer.from(archive);
	flipped[1000] = (flipped[1000] ?? 0) ^ 1;
	const cut = archive.subarray(0, archive.length - 5000);
	const bare = tar(t, "ustar", { README: Buffer.from("nothing else") });
	const words = Buffer.from("this is a text and no archive".repeat(100));
	for (const [served, wanted, reason] of [
		[flipped, artifact(archive, ""), /has another content/],
		[cut, artifact(archive, ""), /ended after \d+ of \d+ bytes/],
		[cut, artifact(cut, ""), /the archive cannot be unpacked: |ends in the middle/],
		[bare, artifact(bare, ""), /the archive has no regular file bridge, a-long-folder-name/],
		[words, artifact(words, ""), /not a tar archive/],
	] as const) {
		const root = temporaryRoot(t);
		const { url } = await serveBytes(t, served);
		const outcome = await applyTarget(
			applyParts(root, createScriptedUnits()),
			accepted(1, { artifacts: [{ ...wanted, urls: [url] }] }),
			run(),
		);
		t.like(outcome, { state: "rejected", step: "artifacts" });
		t.regex(outcome.state === "rejected" ? outcome.reason : "", reason);
		t.false(existsSync(join(root, BRIDGE)));
		t.false(existsSync(join(root, NOTE)));
	}
});

test("a member that is a link is no file, wherever it points", async (t) => {
	const folder = temporaryRoot(t);
	execFileSync("ln", ["-s", "/etc/shadow", join(folder, "bridge")]);
	execFileSync("tar", ["-C", folder, "-cf", join(folder, "out.tar"), "bridge"]);
	const archive = readFileSync(join(folder, "out.tar"));
	const { url } = await serveBytes(t, archive);
	const root = temporaryRoot(t);
	const wanted = artifact(archive, url, { unpack: [{ member: "bridge", path: BRIDGE, mode: "0755" }] });
	const outcome = await applyTarget(
		applyParts(root, createScriptedUnits()),
		accepted(1, { artifacts: [wanted] }),
		run(),
	);
	t.regex(outcome.state === "rejected" ? outcome.reason : "", /no regular file bridge/);
});

test("an artifact that a unit took in is not fetched again until another one is wanted", async (t) => {
	const root = temporaryRoot(t);
	const content = randomBytes(1000);
	const { url, requests } = await serveBytes(t, content);
	const path = "/opt/rollcall/images/site.tar";
	const takenNote = `${path}.taken`;
	const wanted = { path, mode: "0600", sha256: sha256Of(content), sizeBytes: content.length, urls: [url], takenNote };
	const apply = (generation: number, artifacts: Artifact[]) =>
		applyTarget(parts, accepted(generation, { artifacts }), run());
	const parts = applyParts(root, createScriptedUnits());
	t.deepEqual(await apply(1, [wanted]), { state: "applied" });
	t.true(existsSync(join(root, path)));

	writeFileSync(join(root, takenNote), wanted.sha256);
	rmSync(join(root, path));
	t.deepEqual(await apply(2, [wanted]), { state: "applied" });
	t.false(existsSync(join(root, path)));
	t.is(requests.length, 1);

	writeFileSync(join(root, takenNote), sha256Of("another one"));
	t.deepEqual(await apply(3, [wanted]), { state: "applied" });
	t.true(existsSync(join(root, path)));
	t.is(requests.length, 2);

	t.deepEqual(await apply(4, []), { state: "applied" });
	t.deepEqual(tree(root), {});
});
