import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { kubernetes } from "@rollcall/test-support/part";
import test from "ava";
import { repository } from "../support/places.ts";
import { tryAddOns } from "./add-ons.ts";
import { haproxy, startBalancer } from "./balancer.ts";
import { nodeNetwork } from "./network.ts";
import { COMPONENTS, controlPlane, etcdParts, startControlPlane, startEtcd } from "./scene.ts";

const execute = promisify(execFile);

test("all files that the control plane's arguments and configurations name are there and can be read (stub programs)", async (t) => {
	const { tree } = await controlPlane(t);
	for (const component of [...COMPONENTS, "etcd"]) {
		const [, ...args] = tree.command(component);
		const stub = join(repository, "test/kubernetes/stub-component.ts");
		const { stdout } = await execute(process.execPath, [stub, ...args]).catch((error: Error & { stderr: string }) => {
			throw new Error(`${component}: ${error.stderr}`);
		});
		t.log(`${component} (stub): ${stdout.trim()}`);
		t.notRegex(stdout, /^0 files/);
	}
});

const parts = await etcdParts();

testNeeding(...parts)(
	"a real etcd runs with the rendered arguments and certificates, and lets in only whom it should",
	async (t) => {
		const scene = await controlPlane(t);
		const network = await nodeNetwork(t, scene.address);
		const etcd = await startEtcd(t, network, scene);
		const pki = scene.tree.at("/etc/kubernetes/pki");
		const ca = join(pki, "etcd/ca.crt");
		const client = { ...scene.identity("apiserver-etcd-client"), ca };
		const url = `https://${scene.address}:2379/health`;
		const health = await eventually("a healthy etcd", async () => {
			const answer = await network.ask(url, client);
			if (answer.status === 200) return answer;
			throw new Error(`${answer.text}\n${etcd.output().slice(-2000)}`);
		});
		t.like(JSON.parse(health.text), { health: "true" });
		// A certificate of the cluster's authority is none of etcd's.
		const stranger = await network.ask(url, { ...scene.identity("super-admin"), ca });
		t.is(stranger.status, 0, stranger.text);
	},
);

testNeeding(
	kubernetes(...COMPONENTS),
	...parts,
	await haproxy(),
)(
	"a real control plane is ready with exactly what was rendered, knows the kubelet, and gives service accounts tokens",
	async (t) => {
		const running = await startControlPlane(t, COMPONENTS);
		const { api, scene, network, programs } = running;
		const { tree, nodeName, identity } = scene;
		const admin = identity("super-admin");
		const words = running.words;

		// The node authorizer knows the kubelet by its certificate: its own Node it may ask for, everybody's Secrets not.
		const pair = tree.at("/var/lib/kubelet/pki/kubelet-client-current.pem");
		const kubelet = { ca: admin.ca, cert: pair, key: pair };
		t.is((await api(`/api/v1/nodes/${nodeName}`, kubelet)).status, 404);
		t.is((await api("/api/v1/secrets", kubelet)).status, 403);

		const path = "/api/v1/namespaces/default/serviceaccounts/default";
		await eventually(
			"the controller manager to make the default service account",
			async () => {
				const answer = await api(path, admin);
				if (answer.status === 200) return answer;
				throw new Error(`${answer.status} ${answer.text}\n${words()}`);
			},
			120_000,
		);
		const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
		const token = await api(`${path}/token`, admin, { method: "POST", body: request });
		t.is(token.status, 201, token.text);
		t.regex(JSON.parse(token.text).status.token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
		// Where kubelet and administrators are told to look for the API.
		const [, server = ""] = /server: (\S+)/.exec(readFileSync(tree.at("/etc/kubernetes/kubelet.conf"), "utf8")) ?? [];
		t.is(server, "https://127.0.0.1:7443");
		const balancer = await startBalancer(t, network, tree);
		const through = await eventually("the API through the node's balancer", async () => {
			const answer = await network.ask(`${server}/api/v1/nodes`, admin);
			if (answer.status === 200) return answer;
			throw new Error(`${answer.status} ${answer.text}\n${balancer.output().slice(-1500)}`);
		});
		t.like(JSON.parse(through.text), { kind: "NodeList" });
		t.is((await network.ask(`${server}/api/v1/secrets`, kubelet)).status, 403);
		await tryAddOns(t, (path, wish) => api(path, admin, wish));
		for (const [name, one] of programs) t.is(one.child.exitCode, null, `${name} ended: ${one.output().slice(-1500)}`);
	},
);
