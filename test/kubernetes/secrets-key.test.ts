import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RotateReply } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { kubernetes } from "@rollcall/test-support/part";
import { parse } from "yaml";
import { keepCluster } from "./keep-cluster.ts";
import { etcdParts, type RunningControlPlane, startControlPlane } from "./scene.ts";

const CONFIGURATION = "/etc/kubernetes/encryption/configuration.yaml";

interface EncryptionConfiguration {
	readonly resources: readonly {
		readonly providers: readonly { readonly secretbox?: { readonly keys: readonly { readonly name: string }[] } }[];
	}[];
}

/** Names of the keys that an API server reads Secrets with, the one that writes first. */
function keyNames({ scene }: RunningControlPlane): string[] {
	scene.refresh();
	const text = readFileSync(scene.tree.at(CONFIGURATION), "utf8");
	const [resource] = (parse(text) as EncryptionConfiguration).resources;
	return resource?.providers[0]?.secretbox?.keys.map(({ name }) => name) ?? [];
}

/** Names of the keys that Secrets are encrypted with, as they lie in etcd. */
async function storedWith({ network, scene }: RunningControlPlane): Promise<string[]> {
	const { ca, ...client } = scene.identity("apiserver-etcd-client");
	const range = (text: string) => Buffer.from(text).toString("base64");
	const answer = await network.ask(
		`https://${scene.address}:2379/v3/kv/range`,
		{ ...client, ca: join(scene.tree.at("/etc/kubernetes/pki"), "etcd/ca.crt") },
		{ method: "POST", body: { key: range("/registry/secrets/"), range_end: range("/registry/secrets0") } },
	);
	const { kvs = [] } = JSON.parse(answer.text) as { kvs?: { value: string }[] };
	const names = kvs.map(({ value }) => {
		const text = Buffer.from(value, "base64").toString("latin1");
		return /^k8s:enc:secretbox:v1:([^:]+):/.exec(text)?.[1] ?? "none";
	});
	return [...new Set(names)];
}

testNeeding(kubernetes("kube-apiserver"), ...(await etcdParts()))(
	"the key of Secrets changes over on a real API server, and all that was written before is encrypted anew",
	async (t) => {
		const running = await startControlPlane(t, ["kube-apiserver"]);
		const { api, scene } = running;
		const admin = scene.identity("super-admin");
		const secrets = "/api/v1/namespaces/default/secrets";
		const data = { word: Buffer.from("roll call").toString("base64") };
		for (const name of ["one", "two", "three"]) {
			const body = { apiVersion: "v1", kind: "Secret", metadata: { name }, data };
			await eventually(`the Secret ${name}`, async () => {
				const answer = await api(secrets, admin, { method: "POST", body });
				if (answer.status !== 201) throw new Error(answer.text);
				return answer;
			});
		}
		const [old = ""] = keyNames(running);
		t.deepEqual(await storedWith(running), [old]);
		const rotate = () =>
			eventually("the next step", async () => {
				const { status, body } = await scene.coordinator.request("POST", "/v1/certificates/rotate", {
					what: "secrets",
				});
				return status === 200 ? (body as RotateReply).done : undefined;
			});
		const follow = async (expected: (names: string[]) => boolean) => {
			await eventually("the keys on the machine", async () => expected(keyNames(running)) || undefined, 60_000);
			await running.restartApiServer();
		};
		t.is(await rotate(), "prepare");
		await follow((names) => names.length === 2 && names[0] === old);
		t.is(await rotate(), "sign");
		await follow((names) => names.length === 2 && names[0] !== old);
		const [fresh = ""] = keyNames(running);
		t.deepEqual(await storedWith(running), [old]);

		// As a kubelet shows the static pod that runs now.
		const manifest = parse(readFileSync(scene.tree.at("/etc/kubernetes/manifests/kube-apiserver.yaml"), "utf8"));
		const name = `kube-apiserver-${scene.nodeName}`;
		const annotations = { ...manifest.metadata.annotations, "kubernetes.io/config.mirror": "played by a test" };
		const pod = {
			...manifest,
			metadata: { name, namespace: "kube-system", annotations },
			spec: { ...manifest.spec, nodeName: scene.nodeName, tolerations: [{ operator: "Exists", effect: "NoExecute" }] },
		};
		const pods = "/api/v1/namespaces/kube-system/pods";
		const posted = await api(pods, admin, { method: "POST", body: pod });
		t.is(posted.status, 201, posted.text);
		const recorded = await keepCluster(t, running);
		await eventually("the cluster's API", async () => recorded("add-ons-applied")[0], 60_000);
		t.deepEqual(
			await storedWith(running),
			[old],
			"nothing is written anew before the API server is ready with the key",
		);
		const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
		const type = "application/strategic-merge-patch+json";
		const ready = await api(`${pods}/${name}/status`, admin, { method: "PATCH", body: { status }, type });
		t.is(ready.status, 200, ready.text);
		const [done] = await eventually(
			"all to be written anew",
			async () => {
				const all = recorded("secrets-rewritten");
				return all.length > 0 ? all : undefined;
			},
			60_000,
		);
		t.true((done?.secrets ?? 0) >= 3);
		t.deepEqual(await storedWith(running), [fresh]);
		const read = JSON.parse((await api(`${secrets}/two`, admin)).text);
		t.deepEqual(read.data, data);

		// The coordinator that does not know of it keeps the old key, also by force.
		const early = await scene.coordinator.request("POST", "/v1/certificates/rotate", { what: "secrets", force: true });
		t.like(early, { status: 409, body: { code: "conflict" } });
	},
);
