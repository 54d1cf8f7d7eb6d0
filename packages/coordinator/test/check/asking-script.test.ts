import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { eventually } from "@rollcall/test-support/eventually";
import { makeLan } from "@rollcall/test-support/lan";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianFolders, debianPackages, namespaces, ROOT } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { tied } from "@rollcall/test-support/tied";
import type { ExecutionContext } from "ava";
import { askingPod, servingPod } from "../../src/render/check/manifests.ts";
import { type Question, readAnswers } from "../../src/render/check/script.ts";
import { startOnServer } from "../boot/network/on-server.ts";
import { CONTAINERD, DNSMASQ, debian } from "../boot/programs/debian.ts";
import { documentOf } from "../render/fleet-of.ts";
import { startContainerd } from "../render/registry/programs.ts";

const run = promisify(execFile);
const COMMAND = resolve(import.meta.dirname, "../../../cli/bin/rollcall.cjs");
const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
slots: [{ name: control, role: control-plane, count: 1 }]
`);
/** NOT an API server: it answers as Go's does when it is asked without TLS. */
const STAND_IN = `require("node:net").createServer((socket) => {
	socket.on("error", () => {});
	socket.once("data", () => socket.end("HTTP/1.0 400 Bad Request\\r\\n\\r\\nClient sent an HTTP request to an HTTPS server.\\n"));
}).listen(443, "192.0.2.1")`;

/** What a pod of a check would run. */
function scriptOf(pod: object): string {
	const { spec } = pod as { spec: { containers: { command: string[] }[] } };
	return spec.containers[0]?.command[2] ?? "";
}

/** Something that runs on a host of the network until the test ends. */
function keepRunning(t: ExecutionContext, words: readonly string[], env: NodeJS.ProcessEnv = {}): void {
	const [program = "", ...rest] = words;
	const child = spawn(...tied(program, rest), { stdio: "ignore", env: { ...process.env, ...env } });
	const exited = new Promise<void>((done) => child.once("exit", () => done()));
	t.teardown(async () => {
		child.kill("SIGKILL");
		await exited;
	});
}

const testAsking = testNeeding(
	ROOT,
	namespaces(),
	await debianPackages(["busybox-static"]),
	await debian(DNSMASQ),
	await debian(CONTAINERD),
);

testAsking(
	"the image that is made is one for containerd, and in it the pods' own scripts find what is there and say what is not",
	async (t) => {
		t.timeout(stretched(120_000));
		const folder = ownFolder(t);
		const [unpacked = ""] = await debianFolders(["busybox-static"]);
		const archive = join(folder, "check.tar");
		const make = ["check", "image", "--busybox", join(unpacked, "bin/busybox"), "--out", archive, "-o", "json"];
		const { stdout } = await run(process.execPath, [COMMAND, ...make]);
		t.like(JSON.parse(stdout), { image: "rollcall.local/check:1", architecture: "amd64" });

		const containerd = await startContainerd(t);
		const imported = await containerd.ctr(["images", "import", "--snapshotter", "native", archive]);
		t.is(imported.status, 0, imported.output);
		const root = join(folder, "root");
		mkdirSync(root);
		const mounted = await containerd.ctr([
			"images",
			"mount",
			"--rw",
			"--snapshotter",
			"native",
			"rollcall.local/check:1",
			root,
		]);
		t.is(mounted.status, 0, mounted.output);
		t.teardown(() => void execFileSync("umount", ["--lazy", root]));

		// As every container has it.
		execFileSync("mknod", ["-m", "666", join(root, "dev/null"), "c", "1", "3"]);

		const lan = makeLan(t);
		writeFileSync(join(root, "etc/resolv.conf"), "nameserver 192.0.2.1\n");
		const inside = (host: readonly string[], script: string) => [...host, "chroot", root, "/bin/sh", "-c", script];
		keepRunning(t, inside(lan.onServer, scriptOf(servingPod(document, "worker-1"))), { NODE: "worker-1" });
		keepRunning(t, [...lan.onServer, process.execPath, "-e", STAND_IN]);
		const names = ["--no-resolv", "--no-hosts", "--address=/serve.example/192.0.2.1", "--local=/#/"];
		const own = ["--keep-in-foreground", "--log-facility=-", "--user=root", "--group=root", "--pid-file="];
		await startOnServer(t, lan, { wanted: DNSMASQ, args: ["-C", "/dev/null", ...names, ...own], ready: /started/ });

		const page = (id: string, url: string, expected?: string): Question => ({
			id,
			kind: "page",
			url,
			...(expected ? { expected } : {}),
		});
		const questions: Question[] = [
			page("there", "http://192.0.2.1:8080/name", "worker-1"),
			page("another", "http://192.0.2.1:8080/name", "worker-7"),
			page("nobody", "http://192.0.2.1:8081/name", "worker-1"),
			page("away", "http://192.0.2.77:8080/name"),
			{ id: "api", kind: "tls-server", host: "192.0.2.1", port: "443" },
			{ id: "no-api", kind: "tls-server", host: "192.0.2.1", port: "444" },
			{ id: "name", kind: "name", name: "serve.example" },
			{ id: "no-name", kind: "name", name: "nobody.example" },
		];
		const script = scriptOf(askingPod(document, "worker-0", questions));
		await eventually("the page", async () => {
			const [program = "", ...words] = inside(lan.onClient, "wget -q -O - http://192.0.2.1:8080/name");
			return (await run(program, words)).stdout.trim() === "worker-1" || undefined;
		});
		const [program = "", ...words] = inside(lan.onClient, script);
		const asked = await run(program, words, { timeout: stretched(90_000) });
		const { answers, ended } = readAnswers(asked.stdout);
		t.true(ended);
		t.log(asked.stdout, asked.stderr);
		t.deepEqual(
			answers
				.filter(({ ok }) => ok)
				.map(({ id }) => id)
				.sort(),
			["api", "name", "there"],
		);
		const reasonOf = (id: string) => answers.find((one) => one.id === id)?.reason ?? "";
		t.is(reasonOf("another"), "another answered: worker-1");
		t.regex(reasonOf("nobody"), /refused/);
		t.regex(reasonOf("no-api"), /refused/);
		t.regex(reasonOf("no-name"), /nobody\.example/);
		t.is(answers.length, questions.length, asked.stdout);
	},
);
