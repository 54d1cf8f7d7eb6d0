import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { runCli, temporaryFolder } from "./support/cli.ts";

const deploy = join(import.meta.dirname, "../../../deploy");
const facts = join(deploy, "examples/facts.json");

test("a machine's tree is written without a coordinator, with its modes", async (t) => {
	const out = join(await temporaryFolder(t), "tree");
	const words = ["-f", join(deploy, "examples/ha.yaml"), "--role", "control-plane", "--machine", facts, "--out", out];
	const ended = await runCli(t, ["render", ...words]);
	t.is(ended.code, 0, ended.stderr);
	t.regex(ended.stdout, /^control-plane-\w+: control-plane, slot control-planes: \d+ files, \d+ units, \d+ probes in /);
	t.regex(ended.stderr, /made up, since no --other machine has these seats: control-plane-\w+, control-plane-\w+/);
	t.deepEqual((await readdir(join(out, "etc/kubernetes/manifests"))).sort(), [
		"api-balancer.yaml",
		"etcd.yaml",
		"kube-apiserver.yaml",
		"kube-controller-manager.yaml",
		"kube-proxy.yaml",
		"kube-scheduler.yaml",
	]);
	t.is((await stat(join(out, "etc/kubernetes/manifests/etcd.yaml"))).mode & 0o777, 0o600);
	const again = await runCli(t, ["render", ...words]);
	t.is(again.code, 2);
	t.regex(again.stderr, /it is not empty/);
});

test("a document that names assets is rendered without them, and says so", async (t) => {
	for (const [document, role, path] of [
		["room/cluster.yaml", "worker", "run/systemd/system/kubelet.service"],
		["roles/nomad-client.yaml", "nomad-client", "run/systemd/system/nomad-client.service"],
	] as const) {
		const out = join(await temporaryFolder(t), "tree");
		const words = ["-f", join(deploy, document), "--role", role, "--machine", facts, "--out", out];
		const ended = await runCli(t, ["render", ...words]);
		t.is(ended.code, 0, ended.stderr);
		t.regex(ended.stderr, /whether the coordinator has these assets is not looked at/);
		t.regex(ended.stdout, /not fetched: \/opt\/.* \(http:\/\/boot-listener\.invalid\/assets\//);
		t.true((await stat(join(out, path))).isFile());
	}
});

test("the answer of `show -o json` will do as facts, and labels become labels of the Node", async (t) => {
	const folder = await temporaryFolder(t);
	const shown = join(folder, "shown.json");
	await writeFile(shown, JSON.stringify({ machine: {}, facts: JSON.parse(await readFile(facts, "utf8")) }));
	const out = join(folder, "tree");
	await mkdir(out);
	const words = ["-f", join(deploy, "examples/three-nodes.yaml"), "--role", "worker", "--machine", shown, "--out", out];
	const ended = await runCli(t, ["-o", "json", "render", ...words, "--label", "rack=a"]);
	t.is(ended.code, 0, ended.stderr);
	t.is(JSON.parse(ended.stdout).content.role, "worker");
	t.regex(await readFile(join(out, "run/systemd/system/kubelet.service"), "utf8"), /--node-labels=rack=a,/);
});

test("what is missing or wrong is named", async (t) => {
	const folder = await temporaryFolder(t);
	const broken = join(folder, "broken.json");
	await writeFile(broken, JSON.stringify({ ...JSON.parse(await readFile(facts, "utf8")), cgroupVersion: 3 }));
	const words = ["render", "-f", join(deploy, "examples/ha.yaml"), "--role", "worker"];
	for (const [more, named] of [
		[["--machine", facts], /--out: it is needed/],
		[["--machine", broken, "--out", join(folder, "tree")], /broken\.json: .*cgroupVersion/s],
		[["--machine", join(folder, "none.json"), "--out", join(folder, "tree")], /there is no such file/],
		[["--machine", facts, "--out", "/proc/none/at/all"], /\/proc\/none\/at\/all: /],
	] as const) {
		const ended = await runCli(t, [...words, ...more]);
		t.true(ended.code === 1 || ended.code === 2);
		t.regex(ended.stderr, named);
	}
	t.deepEqual(await readdir(folder), ["broken.json"]);
});
