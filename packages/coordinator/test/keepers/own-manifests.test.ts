import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import type { Manifest } from "../../src/render/addons/manifest.ts";
import { startFakeApiServer } from "../adapters/kubernetes/fake-api-server.ts";
import { document, keep } from "./kept-cluster.ts";

const namespace: Manifest = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
const settings = (data: string): Manifest => ({
	apiVersion: "v1",
	kind: "ConfigMap",
	metadata: { name: "settings", namespace: "shop" },
	data: { data },
});
const FOLDER = [namespace, settings("one")];
const NAMESPACE = "/api/v1/namespaces/shop";
const SETTINGS = `${NAMESPACE}/configmaps/settings`;

/** A cluster that holds what the folder of coordinator c-1 has, and its log. */
async function held(t: ExecutionContext) {
	const first = await keep(t, undefined, { own: FOLDER });
	await eventually("the folder to be applied", () => first.fake.objects.has(SETTINGS));
	await eventually("the round to be recorded", () => first.all("add-ons-applied").length === 1);
	await first.keeper.stop();
	return { ...first, kubernetes: first.world.fleet.kubernetes };
}

/** Waits until the API was looked at so often. */
async function rounds(fake: { readonly requests: readonly string[] }): Promise<void> {
	const before = fake.requests.length;
	await eventually("some more rounds", () => fake.requests.length > before + 40);
}

test("what is applied of the operator's own is named in the log with its digest, once", async (t) => {
	const { all, kubernetes } = await held(t);
	const [named] = all("manifests-named");
	t.like(named, { objects: 2, coordinatorId: "c-1", prune: false });
	t.is(kubernetes?.manifests?.digest, named?.digest);
	t.is(all("manifests-named").length, 1);
});

for (const [what, own, missing] of [
	["an empty folder", [], 2],
	["a folder that lacks an object", [namespace], 1],
	["an older folder of the same objects", [namespace, settings("older")], 0],
] as const) {
	test(`a coordinator that takes over with ${what} applies and removes nothing of the operator's, tells it once, and keeps the rest as it is to be`, async (t) => {
		const { fake, kubernetes } = await held(t);
		const live = fake.objects.get(SETTINGS);
		const { all } = await keep(t, fake, { own, kubernetes, coordinatorId: "c-2" });
		await eventually("the difference to be told", () => all("manifests-differ").length > 0);
		await rounds(fake);
		t.is(all("manifests-differ").length, 1);
		t.like(all("manifests-differ")[0], { coordinatorId: "c-2", total: missing, objects: own.length });
		t.true(fake.objects.has(NAMESPACE));
		t.deepEqual(fake.objects.get(SETTINGS), live);
		t.deepEqual(
			all("add-ons-applied").flatMap(({ pruned }) => pruned),
			[],
		);
		fake.objects.delete("/apis/apps/v1/namespaces/kube-system/deployments/coredns");
		await eventually("what is not the operator's to be put right", () =>
			all("add-ons-applied").some(({ drifted }) => drifted.includes("Deployment.apps kube-system/coredns")),
		);
	});
}

test("the same folder on another coordinator counts, and from then on changes there do", async (t) => {
	const { fake, kubernetes } = await held(t);
	const second = await keep(t, fake, { own: FOLDER, kubernetes, coordinatorId: "c-2" });
	await eventually("it to be named", () => second.all("manifests-named").length === 1);
	second.bring(async () => [namespace, settings("two")]);
	await eventually("the change", () => JSON.stringify(fake.objects.get(SETTINGS)).includes("two"));
	t.deepEqual(second.all("manifests-differ"), []);
});

test("a file that is taken out of the folder removes nothing until a person says so; then what is missing goes, and nothing else", async (t) => {
	const { fake, bring, submit, all } = await keep(t, undefined, { own: FOLDER });
	t.is((await submit({ kind: "manifests-accept", by: "admin" })).kind, "problem");
	await eventually("the folder to be applied", () => fake.objects.has(SETTINGS));
	bring(async () => [namespace]);
	await eventually("the difference to be told", () => all("manifests-differ").length === 1);
	t.deepEqual(all("manifests-differ")[0]?.missing, ["ConfigMap shop/settings"]);
	await rounds(fake);
	t.true(fake.objects.has(SETTINGS));
	await submit({ kind: "manifests-accept", by: "admin" });
	await eventually("the object to go", () => !fake.objects.has(SETTINGS));
	t.true(fake.objects.has(NAMESPACE));
	const pruned = () => all("add-ons-applied").flatMap((event) => event.pruned);
	await eventually("the round to be recorded", () => pruned().length > 0);
	t.deepEqual(pruned(), ["ConfigMap shop/settings"]);
	t.like(all("manifests-named").at(-1), { prune: true, by: "admin" });
});

test("files that are brought back count again, and the difference is over", async (t) => {
	const { fake, bring, world, all } = await keep(t, undefined, { own: FOLDER });
	await eventually("the folder to be applied", () => fake.objects.has(SETTINGS));
	bring(async () => []);
	await eventually("the difference to be told", () => world.fleet.kubernetes?.manifestsDiffer !== undefined);
	bring(async () => FOLDER);
	await eventually("the difference to be over", () => world.fleet.kubernetes?.manifestsDiffer === undefined);
	t.false(all("manifests-named").at(-1)?.prune ?? true);
});

test("of a list that an earlier version wrote nothing is removed that is not wanted: nobody knows whose it is", async (t) => {
	const fake = await startFakeApiServer(t);
	const entry = (kind: string, name: string) => ({ apiVersion: "v1", kind, name, digest: "" });
	const list = [entry("Namespace", "shop"), { ...entry("ConfigMap", "settings"), namespace: "shop" }];
	fake.objects.set(NAMESPACE, namespace);
	fake.objects.set("/api/v1/namespaces/kube-system/configmaps/rollcall-add-ons", {
		apiVersion: "v1",
		kind: "ConfigMap",
		metadata: { name: "rollcall-add-ons", namespace: "kube-system" },
		data: { inventory: JSON.stringify(list) },
	});
	const { all } = await keep(t, fake, { declared: document("none") });
	await eventually("the difference to be told", () => all("manifests-differ").length === 1);
	await rounds(fake);
	t.true(fake.objects.has(NAMESPACE));
});
