import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Probe } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import { createLastWords } from "../src/adapters/probes/last-words.ts";
import { applyTarget } from "../src/loop/apply.ts";
import { temporaryRoot } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, file, MACHINE, unitProbe } from "./support/targets.ts";

/** A root with the logs of containers, oldest first. */
function withLogs(t: ExecutionContext, logs: Readonly<Record<string, string>>): string {
	const root = temporaryRoot(t);
	for (const [index, [path, text]] of Object.entries(logs).entries()) {
		const whole = join(root, "var/log/pods", path);
		mkdirSync(dirname(whole), { recursive: true });
		writeFileSync(whole, text);
		utimesSync(whole, 1000 + index, 1000 + index);
	}
	return root;
}
const http = (component: string, port: number): Probe => ({
	kind: "http",
	component,
	port,
	path: "/health",
	scheme: "http",
	deadlineSeconds: 1,
	intervalSeconds: 1,
	timeoutSeconds: 1,
});
const line = (text: string) => `2026-01-02T03:04:05.678901234Z stderr F ${text}\n`;

test("a control plane whose etcd cannot start is told with etcd's own last line, not with the API server's silence", async (t) => {
	const root = withLogs(t, {
		"kube-system_kube-apiserver-n1_u1/kube-apiserver/3.log": line("connection refused"),
		"kube-system_etcd-n1_u2/etcd/0.log": line("an earlier try"),
		"kube-system_etcd-n1_u2/etcd/1.log": `${line("starting")}${line("open /tmp/x: read-only file system")}\n`,
	});
	const probes = [
		unitProbe("kubelet", "kubelet.service"),
		http("etcd", 1),
		http("kube-apiserver", 2),
		http("kube-scheduler", 3),
	];
	const units = createScriptedUnits();
	units.running.add("kubelet.service");
	const target = accepted(1, { files: [file("/etc/kubernetes/a", "a")], probes });
	const run = { machineId: MACHINE, signal: new AbortController().signal, started: () => {} };
	const outcome = await applyTarget(applyParts(root, units), target, run);
	t.regex(
		outcome.state === "rejected" ? outcome.reason : "",
		/^etcd is not healthy after 1 s: .*; its container etcd wrote last: open \/tmp\/x: read-only file system; nor are kube-apiserver, kube-scheduler$/,
	);
});

test("the container that runs before the component's own is told where that is the one that fails", async (t) => {
	const root = withLogs(t, {
		"kube-system_etcd-n1_u1/etcd/0.log": "",
		"kube-system_etcd-n1_u1/restore/4.log": line("snapshot abc could not be restored\u0007"),
	});
	const words = createLastWords(root, createScriptedUnits());
	t.is(await words(http("etcd", 1)), "its container restore wrote last: snapshot abc could not be restored");
	t.is(await words(http("other", 1)), undefined);
	t.is(await words(unitProbe("kubelet", "kubelet.service")), "kubelet.service wrote last: a line");
});

test("logs that are none, or long, or not there, harm nobody", async (t) => {
	const root = withLogs(t, {
		"x_etcd-n1_u1/etcd/0.log": `${line("first")}${line("y".repeat(100_000))}`,
		"odd/etcd/0.log": "no log at all\n",
		"kube-system_kube-proxy-n1_u1/kube-proxy/0.log": Buffer.from([0xff, 0xfe, 0, 10]).toString("latin1"),
	});
	const words = createLastWords(root, createScriptedUnits());
	t.is(await words(http("kube-proxy", 1)), undefined);
	t.true(((await words(http("etcd", 1))) ?? "").length < 400);
	t.is(await createLastWords(temporaryRoot(t), createScriptedUnits())(http("etcd", 1)), undefined);
});
