import { sha256Of } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { apiServerTrust } from "../../src/render/trust-digest.ts";
import { startFakeApiServer } from "../adapters/kubernetes/fake-api-server.ts";
import { keep } from "./kept-cluster.ts";

const POD = "/api/v1/namespaces/kube-system/pods/kube-apiserver-node-0";

/** A cluster whose key of Secrets has just changed, with so many Secrets. */
async function changed(t: ExecutionContext, count: number) {
	const api = await startFakeApiServer(t);
	for (let index = 0; index < count; index++) {
		const name = `s${String(index).padStart(4, "0")}`;
		const path = `/api/v1/namespaces/default/secrets/${name}`;
		api.objects.set(path, { kind: "Secret", metadata: { name, namespace: "default" }, data: { a: "b" } });
	}
	const kept = await keep(t, api);
	const { world } = kept;
	const before = world.fleet.trust?.trust;
	if (!before) throw new Error("no trust");
	const encryption = sha256Of("the new key");
	const trust = { ...before, encryption, encryptionKeys: [before.encryption, encryption] };
	const turn = (now = trust) => {
		world.fleet = { ...world.fleet, trust: { trust: now, seq: world.fleet.seq } };
	};
	/** kubelet shows the pod of an API server that believes this. */
	const runs = (digest: string, ready = true) =>
		api.objects.set(POD, {
			apiVersion: "v1",
			kind: "Pod",
			metadata: { name: "kube-apiserver-node-0", namespace: "kube-system", annotations: { "rollcall/trust": digest } },
			status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
		});
	const written = () => new Set(api.requests.filter((line) => /^PATCH .*\/secrets\//.test(line))).size;
	return { ...kept, api, before, trust, turn, runs, written, digest: apiServerTrust(trust)["rollcall/trust"] };
}

test("all Secrets are written anew, page by page, when the API server runs with the new key, and never before", async (t) => {
	const { api, all, before, trust, turn, runs, written, digest } = await changed(t, 250);
	const looks = async (): Promise<void> => {
		const from = api.requests.length;
		await eventually("some more rounds", () => api.requests.length > from + 30);
	};
	await eventually("the first add-ons-applied", () => all("add-ons-applied").length === 1);
	turn({ ...trust, encryption: before.encryption });
	await looks();
	turn();
	await looks();
	runs(apiServerTrust(before)["rollcall/trust"]);
	await looks();
	runs(digest, false);
	await looks();
	t.is(written(), 0);
	runs(digest);
	await eventually("the first secrets-rewritten", () => all("secrets-rewritten").length === 1);
	t.like(all("secrets-rewritten")[0], { key: trust.encryption, secrets: 250 });
	t.is(written(), 250);
	await looks();
	t.is(api.requests.filter((line) => /^PATCH .*\/secrets\//.test(line)).length, 250);
	t.like(api.objects.get("/api/v1/namespaces/default/secrets/s0007"), { data: { a: "b" } });
});

test("a rewriting that is interrupted is done again, by whoever keeps the cluster then", async (t) => {
	const { api, all, world, turn, runs, written, digest, keeper } = await changed(t, 250);
	turn();
	runs(digest);
	api.refuse = { match: /^PATCH .*secrets\/s0150$/, status: 500, message: "etcdserver: request timed out" };
	await eventually("all Secrets to be written", () => written() === 151);
	t.is(all("secrets-rewritten").length, 0);
	await keeper.stop();
	api.refuse = undefined;
	const second = await keep(t, api);
	second.world.fleet = world.fleet;
	await eventually("the first secrets-rewritten", () => second.all("secrets-rewritten").length === 1);
	t.is(second.all("secrets-rewritten")[0]?.secrets, 250);
});

test("a list that the API has forgotten begins anew, and what is gone meanwhile is no trouble", async (t) => {
	const { api, all, turn, runs, digest } = await changed(t, 150);
	let expired = false;
	api.beforePatch = (path) => {
		if (path.endsWith("s0003")) api.objects.delete(path);
		if (!path.endsWith("s0099") || expired) return;
		expired = true;
		api.refuse = { match: /^GET .*\/secrets$/, status: 410, message: "The provided continue parameter is too old" };
		setTimeout(() => (api.refuse = undefined), 100);
	};
	turn();
	runs(digest);
	await eventually("the first secrets-rewritten", () => all("secrets-rewritten").length === 1);
	t.true(expired);
	t.is(all("secrets-rewritten")[0]?.secrets, 149);
});
