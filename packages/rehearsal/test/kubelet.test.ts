import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { processesNaming, type RehearsedUnderTest, rehearsedMachine } from "./rehearsed-machine.ts";

const UNIT = "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\n";
const CONFIG = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
healthzBindAddress: 127.0.0.1
staticPodPath: /etc/kubernetes/manifests
`;
const pod = (name: string, container: object): string =>
	JSON.stringify({
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name, namespace: "kube-system" },
		spec: { hostNetwork: true, containers: [{ name, image: "none", ...container }] },
	});

async function withKubelet(machine: RehearsedUnderTest): Promise<void> {
	machine.write("run/systemd/system/kubelet.service", UNIT);
	machine.write("var/lib/kubelet/config.yaml", CONFIG);
	machine.write("etc/kubernetes/manifests/.keep", "");
	await machine.units.start("kubelet.service");
}

/** The status that a URL of the machine answers, or undefined when nobody does. */
async function status(machine: RehearsedUnderTest, place: string): Promise<number | undefined> {
	return fetch(`http://${machine.loopback}:${place}`).then(
		({ status }) => status,
		() => undefined,
	);
}

test("kubelet's stand-in answers its health port as long as its unit runs", async (t) => {
	const machine = await rehearsedMachine(t);
	await withKubelet(machine);
	const answer = await fetch(`http://${machine.loopback}:10248/healthz`);
	t.is(await answer.text(), "ok");
	await machine.units.stop("kubelet.service");
	t.is(await status(machine, "10248/healthz"), undefined);
});

test("the ports of static pods come and go with their manifests", async (t) => {
	const machine = await rehearsedMachine(t);
	await withKubelet(machine);
	const manifest = "etc/kubernetes/manifests/api.yaml";
	machine.write(manifest, pod("api", { livenessProbe: { httpGet: { port: 6443, path: "/livez", scheme: "HTTPS" } } }));
	await eventually("6443 answers", async () => (await status(machine, "6443/livez")) === 200);
	t.regex(await (await fetch(`http://${machine.loopback}:10248/pods`)).text(), /"name":"api-blue-1"/);
	machine.write(
		manifest,
		pod("api", { ports: [{ name: "web", containerPort: 6444 }], readinessProbe: { tcpSocket: { port: "web" } } }),
	);
	await eventually("6444 answers", async () => (await status(machine, "6444/")) === 200);
	t.is(await status(machine, "6443/livez"), undefined);
	rmSync(join(machine.root, manifest));
	await eventually("6444 is closed", async () => (await status(machine, "6444/")) === undefined);
});

test("pods live on while kubelet is started again, and end when it is stopped", async (t) => {
	const machine = await rehearsedMachine(t);
	await withKubelet(machine);
	machine.write("etc/kubernetes/manifests/a.yaml", pod("a", { ports: [{ containerPort: 2379 }] }));
	await eventually("2379 answers", async () => (await status(machine, "2379/")) === 200);
	await machine.units.restart("kubelet.service");
	t.is(await status(machine, "2379/"), 200);
	const { lines } = await machine.units.logs({ unit: "kubelet.service", lines: 100 });
	t.is(lines.filter((line) => line.includes("pod kube-system/a running")).length, 1);
	await machine.units.stop("kubelet.service");
	t.is(await status(machine, "2379/"), undefined);
});

test("hidden files do not count, and a broken manifest is named and stops no other", async (t) => {
	const machine = await rehearsedMachine(t);
	await withKubelet(machine);
	const folder = join(machine.root, "etc/kubernetes/manifests");
	writeFileSync(join(folder, ".hidden.yaml"), pod("hidden", { ports: [{ containerPort: 7001 }] }));
	writeFileSync(join(folder, "broken.yaml"), "kind: Pod\n");
	machine.write("etc/kubernetes/manifests/good.yaml", pod("good", { ports: [{ containerPort: 7002 }] }));
	await eventually("7002 answers", async () => (await status(machine, "7002/")) === 200);
	t.is(await status(machine, "7001/"), undefined);
	const { lines } = await machine.units.logs({ unit: "kubelet.service", lines: 100 });
	t.regex(lines.join("\n"), /broken\.yaml is passed over: not a pod: apiVersion/);
});

test("kubelet fails when its configuration cannot be read", async (t) => {
	const machine = await rehearsedMachine(t);
	machine.write("run/systemd/system/kubelet.service", UNIT);
	await machine.units.start("kubelet.service");
	await eventually("it failed", async () => (await machine.units.state("kubelet.service")).active === "failed");
	t.regex((await machine.units.state("kubelet.service")).detail, /failed to load kubelet config file.*config\.yaml/);
	machine.write("var/lib/kubelet/config.yaml", CONFIG.replace("staticPodPath: /", "staticPodPath: 7 #"));
	await machine.units.start("kubelet.service");
	await eventually("it failed", async () => (await machine.units.state("kubelet.service")).active === "failed");
	t.regex((await machine.units.state("kubelet.service")).detail, /staticPodPath/);
});

test("containerd's stand-in is active without a unit file, as an operating system brings it", async (t) => {
	const { units } = await rehearsedMachine(t);
	await units.start("containerd.service");
	t.is((await units.state("containerd.service")).active, "active");
});

test("a program that is named runs in place of a container, init containers first, is started again, and ends with the pod", async (t) => {
	const folder = ownFolder(t);
	const program = join(folder, "program");
	const told = join(folder, "told");
	writeFileSync(program, `#!/bin/sh\necho "$ROLLCALL_REHEARSAL_ROOT $*" >> ${told}\n[ "$1" = once ] || sleep 1000\n`, {
		mode: 0o755,
	});
	const lines = (): string[] => (existsSync(told) ? readFileSync(told, "utf8").trim().split("\n") : []);
	const machine = await rehearsedMachine(t, { words: ["--run", `first=${program}`, "--run", `real=${program}`] });
	await withKubelet(machine);
	const manifest = "etc/kubernetes/manifests/real.yaml";
	const real = JSON.parse(pod("real", { command: ["real"], args: ["--key=v"], ports: [{ containerPort: 7003 }] }));
	real.spec.initContainers = [{ name: "first", image: "none", command: ["first", "once"] }];
	machine.write(manifest, JSON.stringify(real));
	const should = [`${machine.root} once`, `${machine.root} --key=v`];
	await eventually("both ran", () => lines().length === 2);
	t.deepEqual(lines(), should);
	t.is(await status(machine, "7003/"), undefined);
	const running = () => processesNaming(`${program}\0--key=v`);
	await eventually("it runs", () => running().length > 0);
	for (const pid of running()) process.kill(pid, "SIGKILL");
	await eventually("it runs again", () => lines().length === 3 && running().length > 0);
	rmSync(join(machine.root, manifest));
	await eventually("it is gone", () => running().length === 0);
});
