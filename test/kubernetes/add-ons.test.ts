import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { kubernetes } from "@rollcall/test-support/part";
import type { ExecutionContext } from "ava";
import { repository } from "../support/places.ts";
import { nodeNetwork } from "./network.ts";
import { controlPlane, etcdParts, startEtcd } from "./scene.ts";

const CALICO = "crd.projectcalico.org";
/** An API server goes through all kinds every five minutes. */
const KINDS_GONE_MS = 330_000;
const document = (more: string, networks = "") => `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36"${more} }
${networks}
slots:
  - { name: control, role: control-plane, count: 1 }
`;
const DOCUMENTS = {
	flannel: document(", podNetwork: flannel"),
	calico: document(", podNetwork: calico, proxyMode: nftables"),
	dual: document(
		", podNetwork: calico",
		'networks: { pods: 10.20.0.0/16, second: { pods: "fd00:10::/56", services: "fd00:20::/112" } }',
	),
	none: document(", podNetwork: none"),
} as const;

/** What a round says (AddOnsOutcome). */
interface Outcome {
	readonly ok: boolean;
	readonly reason?: string;
	readonly objects: number;
	readonly drifted: readonly string[];
	readonly pruned: readonly string[];
}

/** A real etcd and a real API server with what was rendered for them. */
async function realApi(t: ExecutionContext) {
	const program = join(process.env.KUBE_BIN ?? "", "kube-apiserver");
	const scene = await controlPlane(t);
	const network = await nodeNetwork(t, scene.address);
	const _etcd = await startEtcd(t, network, scene);
	const { tree, address, identity } = scene;
	const [, ...args] = tree.command("kube-apiserver");
	const server = network.start(program, args);
	t.teardown(() => (t.passed ? undefined : t.log(server.output().slice(-6000))));
	const admin = identity("super-admin");
	const url = `https://${address}:${tree.argument("kube-apiserver", "secure-port")}`;
	const ask = async (path: string, wish?: { method: string; body: unknown }) => {
		const { status, text } = await network.ask(`${url}${path}`, admin, wish);
		return { status, text, body: text.startsWith("{") ? JSON.parse(text) : {} };
	};
	await eventually(
		"/readyz",
		async () => {
			const answer = await ask("/readyz");
			if (answer.status === 200) return answer;
			throw new Error(`${answer.status} ${answer.text}\n${server.output().slice(-2000)}`);
		},
		180_000,
	);
	const script = join(repository, "test/kubernetes/apply-add-ons.ts");
	const once = async (which: keyof typeof DOCUMENTS): Promise<Outcome> => {
		const file = tree.at(`${which}.yaml`);
		writeFileSync(file, DOCUMENTS[which]);
		return JSON.parse(await network.run(process.execPath, [script, url, admin.ca, admin.cert, admin.key, file]));
	};
	/** Rounds as the coordinator makes them: again when one could not do everything. */
	const apply = async (which: keyof typeof DOCUMENTS): Promise<Outcome> => {
		const tries: Outcome[] = [];
		const done = await eventually(
			`the add-ons of ${which} to be applied`,
			async () => {
				tries.push(await once(which));
				const last = tries.at(-1);
				if (last?.ok) return last;
				throw new Error(last?.reason);
			},
			120_000,
		);
		t.log(`${which}: ${tries.length} rounds`);
		// Only what needs a kind that the API has not learnt yet may have to wait.
		for (const { ok, reason } of tries) if (!ok) t.regex(reason ?? "", /^IPPool [^;]*(?:; IPPool [^;]*)*$/);
		return { ...done, pruned: tries.flatMap(({ pruned = [] }) => pruned) };
	};
	return { ask, apply, once };
}

testNeeding(kubernetes("kube-apiserver"), ...(await etcdParts()))(
	"a real API server takes all add-ons of every pod network; a second round changes nothing, drift is put right, and what is not wanted goes",
	async (t) => {
		const api = await realApi(t);
		const { ask, apply } = api;
		const daemonSet = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node";
		const pools = `/apis/${CALICO}/v1/ippools`;
		const flannel = "/apis/rbac.authorization.k8s.io/v1/clusterroles/rollcall:flannel";

		await apply("flannel");
		t.like(await apply("flannel"), { drifted: [], pruned: [] });
		t.is((await ask(flannel)).status, 200);

		// From flannel to Calico.
		const first = await apply("calico");
		t.deepEqual(first.pruned, [
			"ClusterRole.rbac.authorization.k8s.io rollcall:flannel",
			"ClusterRoleBinding.rbac.authorization.k8s.io rollcall:flannel",
		]);
		t.is((await ask(flannel)).status, 404);
		const definitions = (await ask("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")).body.items;
		t.is(definitions.length, 22);
		for (const { metadata, status } of definitions) {
			const conditions = Object.fromEntries(status.conditions.map((one: Condition) => [one.type, one.status]));
			t.like(conditions, { NamesAccepted: "True", Established: "True" }, metadata.name);
			t.is(conditions.NonStructuralSchema, undefined, metadata.name);
		}
		const before = await versions(ask);
		t.like(await apply("calico"), { objects: first.objects, drifted: [], pruned: [] });
		t.deepEqual(await versions(ask), before, "a second round wrote something");

		// Drift: a changed DaemonSet, a changed pool, a kind that somebody removed.
		const live = (await ask(daemonSet)).body;
		live.spec.template.spec.tolerations = [];
		t.is((await ask(daemonSet, { method: "PUT", body: live })).status, 200);
		const [pool] = (await ask(pools)).body.items;
		pool.spec.vxlanMode = "Never";
		const changed = await ask(`${pools}/${pool.metadata.name}`, { method: "PUT", body: pool });
		t.is(changed.status, 200, changed.text);
		const tiers = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/tiers.${CALICO}`;
		t.is((await ask(tiers, { method: "DELETE", body: {} })).status, 200);
		await eventually("the kind to be gone", async () => (await ask(tiers)).status === 404);
		t.deepEqual([...(await apply("calico")).drifted].sort(), [
			`CustomResourceDefinition.apiextensions.k8s.io tiers.${CALICO}`,
			"DaemonSet.apps kube-system/calico-node",
			`IPPool.${CALICO} pods-10-254-0-0-16`,
		]);
		t.is((await ask(daemonSet)).body.spec.template.spec.tolerations.length, 3);
		t.is((await ask(pools)).body.items[0].spec.vxlanMode, "Always");

		// Another network, and a second one: pools are replaced, nothing else goes.
		t.deepEqual((await apply("dual")).pruned, [`IPPool.${CALICO} pods-10-254-0-0-16`]);
		const names = (await ask(pools)).body.items.map(({ metadata }: Named) => metadata.name);
		t.deepEqual(names, ["pods-10-20-0-0-16", "pods-fd00-10---56"]);

		// And away: also by a coordinator that finds the kinds half gone.
		const pools404 = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ippools.${CALICO}`;
		await ask(pools404, { method: "DELETE", body: {} });
		await eventually("the kind of pools to be gone", async () => (await ask(pools404)).status === 404);
		const gone = await apply("none");
		t.true(gone.pruned.includes("DaemonSet.apps kube-system/calico-node"));
		await kindsGone(ask);
		t.deepEqual((await apply("none")).pruned, []);
		t.is((await ask("/apis/apps/v1/namespaces/kube-system/deployments/coredns")).status, 200);

		// Back while a kind is still on its way out, which one of its objects holds up: it would go with all pools.
		await apply("calico");
		const [held] = (await ask(pools)).body.items;
		held.metadata.finalizers = ["test/holds"];
		t.is((await ask(`${pools}/${held.metadata.name}`, { method: "PUT", body: held })).status, 200);
		await apply("none");
		const early = await api.once("calico");
		t.false(early.ok);
		t.regex(early.reason ?? "", new RegExp(`CustomResourceDefinition\\S* ippools\\.${CALICO} is being deleted since`));
	},
);

/**
 * Waits until no kind is left. An API server under load fails to list the objects of a kind that nobody has asked for yet, and may look again
 * only when it goes through all kinds, every five minutes.
 */
function kindsGone(ask: (path: string) => Promise<{ body: { items?: readonly (Named & { status: unknown })[] } }>) {
	return eventually(
		"all kinds to be gone",
		async () => {
			const { items: left = [] } = (await ask("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")).body;
			if (left.length === 0) return true;
			throw new Error(JSON.stringify(left.map(({ metadata, status }) => ({ name: metadata.name, status }))));
		},
		KINDS_GONE_MS,
	);
}

interface Named {
	readonly metadata: { readonly name: string; readonly resourceVersion: string };
}
interface Condition {
	readonly type: string;
	readonly status: string;
}

/** Versions of all objects of the kinds that add-ons have: a write shows. */
async function versions(ask: (path: string) => Promise<{ body: { items?: readonly Named[] } }>) {
	const system = "namespaces/kube-system";
	const paths = [
		"/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
		`/apis/apps/v1/${system}/daemonsets`,
		`/apis/apps/v1/${system}/deployments`,
		`/api/v1/${system}/serviceaccounts`,
		`/api/v1/${system}/services`,
		`/api/v1/${system}/configmaps`,
		"/apis/rbac.authorization.k8s.io/v1/clusterroles",
		"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
		`/apis/${CALICO}/v1/ippools`,
	];
	const found = new Map<string, string>();
	for (const path of paths)
		for (const { metadata } of (await ask(path)).body.items ?? [])
			found.set(`${path}/${metadata.name}`, metadata.resourceVersion);
	return found;
}
