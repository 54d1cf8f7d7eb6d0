import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { type TargetContent, TargetContent as TargetSchema } from "@rollcall/protocol";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { program } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { fleetOf, labFacts } from "./fleet-of.ts";

const run = promisify(execFile);
const FOLDER = new URL("../../../../deploy/roles/", import.meta.url);
const NAMES = readdirSync(FOLDER);
/** Programs that each role calls by name, once they are there. */
const PROGRAMS = { "bare-kubelet.yaml": "kubelet", "nomad-client.yaml": "nomad", "swarm-worker.yaml": "dockerd" };

/** The target of a machine whose operating system has these programs. */
function targetOf(name: string, own: readonly string[]): TargetContent {
	const text = readFileSync(new URL(name, FOLDER), "utf8");
	const named = [...text.matchAll(/asset: ([^\s},]+)/g)].map(
		([, asset]) => [asset ?? "", { sha256: "ab".repeat(32), sizeBytes: 9 }] as const,
	);
	const parsed = parseDocument(text, { files: new Map(named), base: "http://192.0.2.1:7480" });
	if (!parsed.ok) throw new Error(parsed.problem.message);
	const programs = own.map((program) => ({ name: program, path: `/usr/bin/${program}` }));
	const { fleet, seated } = fleetOf(parsed.document, [{ ...labFacts(0), programs }]);
	const [first] = seated;
	if (!first) throw new Error(`${name} has no seat for the machine`);
	const rendered = renderTarget(fleet, first.machine, first.seat);
	if (!rendered.ok) throw new Error(rendered.reason);
	return TargetSchema.parse(rendered.content);
}

test("each example of deploy/roles is tried here", (t) => {
	t.deepEqual(NAMES.toSorted(), Object.keys(PROGRAMS).toSorted());
});

for (const [name, called] of Object.entries(PROGRAMS)) {
	test(`the role of deploy/roles/${name} brings ${called} where the system lacks it, and only there`, (t) => {
		const brought = targetOf(name, []);
		const places = brought.artifacts.flatMap(({ path, unpack }) => (unpack ?? [{ path }]).map((one) => one.path));
		t.true(places.includes(`/opt/rollcall/bin/${called}`), places.join());
		t.is(new Set(places).size, places.length, "one architecture");
		const has = places.map((path) => basename(path));
		t.deepEqual(targetOf(name, has).artifacts, []);
		for (const { content, path } of brought.files) t.notRegex(content, /\{\{(?!\.)/, path);
	});

	testNeeding(program("systemd-analyze"))(
		`systemd and sh have nothing to say against deploy/roles/${name}`,
		async (t) => {
			const folder = ownFolder(t, "rollcall-roles-");
			const files = targetOf(name, []).files;
			for (const { path, content, mode } of files)
				await writeFile(join(folder, basename(path)), content, { mode: Number.parseInt(mode, 8) });
			for (const { path, content } of files)
				if (content.startsWith("#!/bin/sh")) t.is((await run("sh", ["-n", join(folder, basename(path))])).stderr, "");
			const units = files
				.filter(({ path }) => path.endsWith(".service"))
				.map(({ path }) => join(folder, basename(path)));
			for (const unit of units) {
				const text = readFileSync(unit, "utf8").replaceAll("=/etc/rollcall/role/", `=${folder}/`);
				await writeFile(unit, text);
			}
			const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", ...units], {
				timeout: stretched(60_000),
			}).catch((error: { stdout: string; stderr: string }) => error);
			const own = `${stdout}${stderr}`
				.split("\n")
				.filter((line) => line.includes(folder) && !/containerd\.service/.test(line));
			t.deepEqual(own, []);
		},
	);
}
