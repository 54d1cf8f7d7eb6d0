import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { type RehearsedUnderTest, rehearsedMachine, until } from "./rehearsed-machine.ts";

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
	await until("6443 answers", async () => (await status(machine, "6443/livez")) === 200);
	t.regex(await (await fetch(`http://${machine.loopback}:10248/pods`)).text(), /"name":"api-blue-1"/);
	machine.write(
		manifest,
		pod("api", { ports: [{ name: "web", containerPort: 6444 }], readinessProbe: { tcpSocket: { port: "web" } } }),
	);
	await until("6444 answers", async () => (await status(machine, "6444/")) === 200);
	t.is(await status(machine, "6443/livez"), undefined);
	rmSync(join(machine.root, manifest));
	await until("6444 is closed", async () => (await status(machine, "6444/")) === undefined);
});

test("pods live on while kubelet is started again, and end when it is stopped", async (t) => {
	const machine = await rehearsedMachine(t);
	await withKubelet(machine);
	machine.write("etc/kubernetes/manifests/a.yaml", pod("a", { ports: [{ containerPort: 2379 }] }));
	await until("2379 answers", async () => (await status(machine, "2379/")) === 200);
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
	await until("7002 answers", async () => (await status(machine, "7002/")) === 200);
	t.is(await status(machine, "7001/"), undefined);
	const { lines } = await machine.units.logs({ unit: "kubelet.service", lines: 100 });
	t.regex(lines.join("\n"), /broken\.yaml is passed over: not a pod: apiVersion/);
});

test("kubelet fails when its configuration cannot be read", async (t) => {
	const machine = await rehearsedMachine(t);
	machine.write("run/systemd/system/kubelet.service", UNIT);
	await machine.units.start("kubelet.service");
	await until("it failed", async () => (await machine.units.state("kubelet.service")).active === "failed");
	t.regex((await machine.units.state("kubelet.service")).detail, /failed to load kubelet config file.*config\.yaml/);
	machine.write("var/lib/kubelet/config.yaml", CONFIG.replace("staticPodPath: /", "staticPodPath: 7 #"));
	await machine.units.start("kubelet.service");
	await until("it failed", async () => (await machine.units.state("kubelet.service")).active === "failed");
	t.regex((await machine.units.state("kubelet.service")).detail, /staticPodPath/);
});

test("containerd's stand-in is active without a unit file, as an operating system brings it", async (t) => {
	const { units } = await rehearsedMachine(t);
	await units.start("containerd.service");
	t.is((await units.state("containerd.service")).active, "active");
});
