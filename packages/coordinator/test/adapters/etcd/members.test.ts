import test from "ava";
import { createEtcdMembers } from "../../../src/adapters/etcd/members.ts";
import { EtcdError, LeadOver } from "../../../src/errors.ts";
import { selfSigned } from "../../render/self-signed.ts";
import { member } from "./fake-member.ts";

const LIST = { members: [{ ID: "7", name: "node-0", peerURLs: ["https://192.0.2.1:2380"] }] };

test("a member that has no leader is passed over, and the next one asked", async (t) => {
	const pair = await selfSigned();
	const sick = await member(t, pair, 503, { error: "etcdserver: no leader" });
	const well = await member(t, pair, 200, LIST);
	const etcd = createEtcdMembers([sick.url, well.url], { ...pair, ca: pair.cert });
	t.deepEqual(await etcd.list(), [{ id: "7", name: "node-0", peerUrls: ["https://192.0.2.1:2380"], learner: false }]);
	t.is(sick.asked(), 1);
	const none = createEtcdMembers([sick.url], { ...pair, ca: pair.cert });
	await t.throwsAsync(none.list(), { instanceOf: EtcdError, message: /no leader/ });
});

test("a refusal is an answer: nobody else is asked", async (t) => {
	const pair = await selfSigned();
	const refuses = await member(t, pair, 400, { error: "etcdserver: re-configuration failed" });
	const other = await member(t, pair, 200, LIST);
	const etcd = createEtcdMembers([refuses.url, other.url], { ...pair, ca: pair.cert });
	await t.throwsAsync(etcd.remove("7"), { instanceOf: EtcdError, message: /re-configuration failed/ });
	t.is(other.asked(), 0);
});

test("a member that is behind, and would list who was taken out, is not believed", async (t) => {
	const pair = await selfSigned();
	const stale = { members: [{ ID: "6", name: "node-9", peerURLs: ["https://192.0.2.9:2380"] }] };
	const behind = await member(t, pair, 200, stale, true);
	const current = await member(t, pair, 200, LIST);
	const etcd = createEtcdMembers([behind.url, current.url], { ...pair, ca: pair.cert });
	t.deepEqual(
		(await etcd.list()).map(({ id }) => id),
		["7"],
	);
	await t.throwsAsync(createEtcdMembers([behind.url], { ...pair, ca: pair.cert }).list(), { instanceOf: EtcdError });
});

test("a lead that ends while one member is waited for changes nothing at the next one", async (t) => {
	const pair = await selfSigned();
	const sick = await member(t, pair, 503, { error: "etcdserver: no leader" });
	const well = await member(t, pair, 200, {});
	const etcd = createEtcdMembers([sick.url, well.url], { ...pair, ca: pair.cert }, () => {
		if (sick.asked() > 0) throw new LeadOver("over");
	});
	await t.throwsAsync(etcd.remove("7"), { instanceOf: LeadOver });
	t.deepEqual([sick.asked(), well.asked()], [1, 0]);
	// To look is no change.
	await t.throwsAsync(etcd.list(), { instanceOf: EtcdError });
	t.is(well.asked(), 2);
});
