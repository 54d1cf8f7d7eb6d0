import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { freePort } from "@rollcall/test-support/free-port";
import test from "ava";
import { BOOT, doctorScene, elf } from "./scene.ts";

test("on a computer that was set up, only what is on the loopback keeps machines from booting", async (t) => {
	const scene = await doctorScene(t);
	const { code, findings, stderr } = await scene.doctor();
	t.is(code, 1, stderr);
	const bad = findings.filter(({ check, state }) => state === "fail" && check !== "addresses" && check !== "ports");
	t.deepEqual(bad, []);
	const said = (check: string) => findings.filter((one) => one.check === check).map(({ text }) => text);
	t.regex(said("boot document").join(), /all 3 files that it names are there, and whole/);
	t.regex(said("agent").join(), /x64: rollcall\/agent-x64\.gz is whole/);
	t.regex(said("nats-server").join(), /^version \d+\.\d+\.\d+, \//);
	t.regex(said("clock").join(), /^it is synchronised/);
	t.regex(said("disk").join(), /are free$/);
	t.is(said("addresses").filter((text) => /loopback/.test(text)).length, 3);
});

test("addresses that machines cannot reach are told, each with the setting that says otherwise", async (t) => {
	const scene = await doctorScene(t);
	scene.configure({
		http: { host: "0.0.0.0" },
		nats: { embedded: { host: "192.0.2.77" } },
		boot: { host: "::", url: "http://name.invalid:7480" },
	});
	const told = await scene.doctor();
	t.is(told.code, 1);
	const [boot, api, bus] = told.faults("addresses");
	t.regex(boot ?? "", /^fail: the boot listener at http:\/\/name\.invalid:7480: .*; correct boot\.url/);
	t.regex(
		api ?? "",
		/^fail: machines cannot be sent to 0\.0\.0\.0, where the API listens.*set http\.host .*advertise\.http/,
	);
	t.regex(
		bus ?? "",
		/^fail: the message bus cannot listen on 192\.0\.2\.77: no interface has it.*nats\.embedded\.host/,
	);
	t.regex(told.faults("ports").join(), /7422 on 192\.0\.2\.77 .*no such address/);

	scene.configure({ boot: undefined });
	t.regex((await scene.doctor()).faults("addresses").join(), /^warn: the configuration has no `boot`/);
});

test("a port that another program has is told with its name and pid", async (t) => {
	const scene = await doctorScene(t);
	const port = await freePort();
	const holder = createServer();
	await new Promise<void>((listening) => holder.listen(port, "127.0.0.1", listening));
	t.teardown(() => holder.close());
	// No boot listener: another test may try its port at this moment.
	scene.configure({ http: { host: "127.0.0.1", port }, nats: { embedded: { port: 0 } }, boot: undefined });
	const name = readFileSync(`/proc/${process.pid}/comm`, "utf8").trim();
	const [held, moving] = (await scene.doctor()).faults("ports");
	t.is(
		held,
		`fail: port ${port} on 127.0.0.1 (API) is held by ${name} (pid ${process.pid}); end that, or set http.port to another port`,
	);
	t.regex(moving ?? "", /^warn: the message bus takes another port at each start; set nats\.embedded\.port/);
});

test("a file of the boot document that is missing, damaged or cut short is told by its name", async (t) => {
	const scene = await doctorScene(t);
	const assets = join(scene.dataFolder, "assets");
	const index = JSON.parse(readFileSync(join(assets, "index.json"), "utf8"));
	const blob = (name: string) => join(assets, "blobs", index.assets[name].sha256);
	rmSync(blob("lab/vmlinuz"));
	writeFileSync(blob("lab/initrd"), "lab/initrX");
	appendFileSync(blob("lab/root.img"), "more");
	const faults = (await scene.doctor()).faults("boot document");
	t.is(faults.length, 3);
	t.regex(faults[0] ?? "", /^fail: lab\/initrd: its file is damaged; .*rollcall assets/);
	t.regex(faults[1] ?? "", /^fail: lab\/root\.img: has 16 bytes, not 12/);
	t.regex(faults[2] ?? "", /^fail: lab\/vmlinuz: its file cannot be read \(ENOENT\)/);

	writeFileSync(join(scene.folder, "boot.yaml"), BOOT.replace("lab/initrd", "lab/other"));
	t.regex((await scene.doctor()).faults("boot document").join(), /lab\/other: is not among the files that are kept/);
	writeFileSync(join(scene.folder, "boot.yaml"), "apiVersion: rollcall/v1\nkind: Boot\nprofile: []\n");
	t.regex((await scene.doctor()).faults("boot document").join(), /line 3.*"profile" is not known here/);
	writeFileSync(join(assets, "index.json"), "{");
	t.regex((await scene.doctor()).faults("boot document").join(), /cannot be looked at.*backup/);
});

test("a cluster document's artifacts are there with the hash that it has, or are told", async (t) => {
	const scene = await doctorScene(t);
	const file = join(scene.folder, "cluster.yaml");
	scene.configure({ document: file, boot: { host: "127.0.0.1", document: join(scene.folder, "boot.yaml") } });
	const sha256 = `sha256:${"0".repeat(64)}`;
	const artifact = { path: "/opt/rollcall/bin/kubelet", mode: "0755" };
	const document = (one: object) => ({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: "test",
		kubernetes: { version: "1.36", artifacts: [{ ...artifact, ...one }] },
		volumes: {},
		slots: [{ name: "control-plane", role: "control-plane", count: 1 }],
	});
	writeFileSync(file, JSON.stringify(document({ asset: "kubelet" })));
	t.regex((await scene.doctor()).faults("cluster document").join(), /there is no asset kubelet; rollcall assets fetch/);
	await scene.keep("kubelet", Buffer.from("kubelet"));
	const remarks = (await scene.doctor()).faults("cluster document");
	t.deepEqual(
		remarks.filter((text) => text.startsWith("fail")),
		[],
	);
	const url = "http://127.0.0.1:7480/assets/kubelet";
	writeFileSync(file, JSON.stringify(document({ sha256, sizeBytes: 7, urls: [url] })));
	t.regex((await scene.doctor()).faults("cluster document").join(), /kubelet is kept with another hash/);

	const brought = { path: "/opt/rollcall/bin/x", mode: "0755", arch: "arm64", sha256, sizeBytes: 7, urls: [url] };
	const { kubernetes, ...rest } = document({});
	writeFileSync(
		file,
		JSON.stringify({ ...rest, kubernetes: { version: kubernetes.version }, roles: { own: { artifacts: [brought] } } }),
	);
	const ofRole = await scene.doctor();
	t.regex(ofRole.faults("cluster document").join(), /kubelet is kept with another hash/, "of an operator's role");
	t.regex(ofRole.faults("agent").join(), /^fail: arm64: .*there is no agent for them/);

	const archive = { name: "x", arch: "arm64", sha256, sizeBytes: 7, urls: [url] };
	const images = { archives: [archive] };
	writeFileSync(file, JSON.stringify({ ...rest, kubernetes: { version: kubernetes.version }, images }));
	t.regex((await scene.doctor()).faults("agent").join(), /^fail: arm64: .*there is no agent/, "of an image archive");
});

test("each architecture that documents name has an agent of that architecture, or is told", async (t) => {
	const scene = await doctorScene(t);
	const arm = BOOT.replace(
		"groups: [",
		"groups: [{ name: arm, profile: lab, selector: { request: { buildarch: arm64 } } }, ",
	);
	writeFileSync(join(scene.folder, "boot.yaml"), arm);
	t.regex(
		(await scene.doctor()).faults("agent").join(),
		/^fail: arm64: .*there is no agent for them; .*agent-arm64\.gz/,
	);
	await scene.keep("rollcall/agent-arm64.gz", gzipSync(elf("x64")));
	t.regex((await scene.doctor()).faults("agent").join(), /^fail: arm64: rollcall\/agent-arm64\.gz is for x64/);
	await scene.keep("rollcall/agent-arm64.gz", elf("arm64"));
	t.regex((await scene.doctor()).faults("agent").join(), /^fail: arm64: rollcall\/agent-arm64\.gz is not gzip/);
	await scene.keep("rollcall/agent-arm64.gz", gzipSync(elf("arm64")));
	t.deepEqual((await scene.doctor()).faults("agent"), []);
});

test("a nats-server that is too old, by a stand-in that says so, and external servers that are none are told", async (t) => {
	const scene = await doctorScene(t);
	const old = scene.standIn("old-nats-server", "echo 'nats-server: v2.9.10'");
	const [fault] = (await scene.doctor({ env: { ROLLCALL_NATS_SERVER: old } })).faults("nats-server");
	t.regex(
		fault ?? "",
		/^fail: ROLLCALL_NATS_SERVER=.*old-nats-server is version 2\.9\.10, too old; set ROLLCALL_NATS_SERVER/,
	);

	const port = await freePort();
	const other = createServer((socket) => socket.end("220 mail.example ESMTP\r\n"));
	await new Promise<void>((listening) => other.listen(port, "127.0.0.1", listening));
	t.teardown(() => other.close());
	const servers = [`nats://127.0.0.1:${port}`, `127.0.0.1:${await freePort()}`];
	scene.configure({ nats: { external: { servers, credentialsFile: "c", accountSeedFile: "a" } } });
	const faults = (await scene.doctor()).faults("nats-server");
	t.regex(faults[0] ?? "", /is no nats-server; start it/);
	t.regex(faults[1] ?? "", /nothing listens there/);
});

test("a clock that nobody keeps is told, by stand-ins for timedatectl", async (t) => {
	const scene = await doctorScene(t);
	scene.standIn("timedatectl", "echo no");
	t.regex(
		(await scene.doctor()).faults("clock").join(),
		/^warn: it is not synchronised; it says 2.*timedatectl set-ntp true/,
	);
	scene.standIn("timedatectl", "exit 1");
	t.regex((await scene.doctor()).faults("clock").join(), /^warn: whether it is synchronised could not be asked/);
});

test("on a terminal each finding is one line with its state and the next step", async (t) => {
	const scene = await doctorScene(t);
	const { code, stdout, stderr } = await scene.doctor({ args: ["--no-dhcp", "-o", "table"] });
	t.is(code, 1);
	const lines = stdout.trimEnd().split("\n");
	t.true(lines.length > 8);
	for (const line of lines) t.regex(line, /^(?:ok {3}[a-z -]+: \S|(?:warn|fail) [a-z -]+: \S.*; next: \S)/);
	t.regex(stderr, /^rollcall: \d+ of \d+ findings would keep machines from booting or joining\n {2}next: /);
});

test("a configuration that is none ends with 2 and its line", async (t) => {
	const scene = await doctorScene(t);
	scene.configure({ htp: {} });
	const { code, stdout, stderr } = await scene.doctor();
	t.is(code, 2);
	t.is(stdout, "");
	t.regex(JSON.parse(stderr).error.message, /"htp" is not known here/);
});
