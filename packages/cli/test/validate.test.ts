import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { PROGRAM_ROOT } from "../src/program-root.ts";
import { runCli, temporaryFolder } from "./support/cli.ts";

async function fileWith(t: ExecutionContext, text: string): Promise<string> {
	const file = join(await temporaryFolder(t), "file.yaml");
	await writeFile(file, text);
	return file;
}

test("what ships is valid, each as what it is", async (t) => {
	for (const [file, kind] of [
		["deploy/examples/rehearsal.yaml", "cluster document"],
		["deploy/profiles/flatcar.yaml", "boot document"],
		["deploy/systemd/coordinator.yaml", "coordinator's configuration"],
	] as const) {
		const { code, stdout } = await runCli(t, ["validate", join(PROGRAM_ROOT, file)]);
		t.is(code, 0, file);
		t.regex(stdout, new RegExp(`this ${kind} is valid`));
	}
});

test("a document that names assets is valid as far as it goes without their coordinator, and a warning names them", async (t) => {
	const room = join(PROGRAM_ROOT, "deploy/room/cluster.yaml");
	const { code, stdout, stderr } = await runCli(t, ["validate", room]);
	t.is(code, 0, stderr);
	t.regex(stdout, /this cluster document is valid/);
	t.regex(
		stderr,
		/warning: whether the coordinator has these assets is not looked at, nor do they count in RAM: kubernetes\/v1\.36\.2\/amd64\/kubelet, .*; `rollcall plan -f FILE` asks it/,
	);
	const text = (await readFile(room, "utf8")).replace("path: /opt/rollcall/bin/kubelet", "path: /usr/bin/kubelet");
	const wrong = await runCli(t, ["validate", await fileWith(t, text)]);
	t.is(wrong.code, 2);
	t.regex(wrong.stderr, /artifacts\[0\]\.path: line \d+, column \d+: no agent writes there: \/usr\/bin\/kubelet/);
	t.notRegex(wrong.stderr, /asset:/);
});

test("every fault is told with its line, in plain words, and what was likely meant", async (t) => {
	const text = await readFile(join(PROGRAM_ROOT, "deploy/examples/rehearsal.yaml"), "utf8");
	const wrong: readonly [string, RegExp][] = [
		[text.replace("slots:", "slot:"), / slot: line \d+, column 1: "slot" is not known here \(did you mean slots\?\)/],
		[
			"dataFolder: x\nhttp: { prt: 1 }\nlogLevel: loud\n",
			/ http\.prt: line 2, column 9: "prt" is not known here \(did you mean port\?\)/,
		],
		["dataFolder: x\nhttp: { port: 99999 }\n", / http\.port: line 2, column 15: is at most 65535, got 99999/],
		[
			"apiVersion: rollcall/v1\nkind: Boot\nprofile: []\n",
			/ profile: line 3, column 1: "profile" is not known here \(did you mean profiles\?\)/,
		],
		[
			"dataFolder: x\nlogLevel: loud\n",
			/ logLevel: line 2, column 11: expected one of debug, .*, silent, got "loud"\n/,
		],
		["dataFolder: x\nhttp: 7\n", / http: line 2, column 7: expected a map, got 7/],
		["apiVersion: rollcall/v1\nkind: Cluster\nname: a\n", / slots: line 1, column 1: is missing \(a list\)/],
	];
	for (const [document, finding] of wrong) {
		const { code, stdout, stderr } = await runCli(t, ["validate", await fileWith(t, document)]);
		t.is(code, 2);
		t.is(stdout, "");
		t.regex(stderr, finding);
		t.notRegex(
			stderr,
			/Invalid|Too big|Too small|Unrecognized|expected (?:string|object|array)|\((?:string|object|array)\)/,
		);
	}
	const json = await runCli(t, ["validate", await fileWith(t, "dataFolder: 1\n"), "-o", "json"]);
	t.is(json.code, 2);
	t.like(JSON.parse(json.stdout), { ok: false, kind: "coordinator's configuration" });
});
