import test from "ava";
import { fleetForm, migrateFleet } from "../../src/domain/fleet-form.ts";
import { fleetFromJson, fleetToJson, stateDigest } from "../../src/domain/snapshot.ts";
import { Story } from "./story.ts";

function jsonOf(story: Story): Record<string, unknown> {
	return JSON.parse(JSON.stringify(fleetToJson(story.fleet)));
}

function fleet(): Story {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	for (const name of ["a", "b"]) story.report(story.join({ name }), "applied", 1);
	return story;
}

test("a state of another form that fits is brought to this one with every value, and what it lacks gets its default", (t) => {
	const story = fleet();
	const json = jsonOf(story);
	const other = { ...json, form: `sha256:${"1".repeat(64)}` };
	t.is(fleetFromJson(other), undefined);
	const read = fleetFromJson(migrateFleet(other));
	t.is(read && stateDigest(read), stateDigest(story.fleet));
	const cluster = structuredClone(json.cluster) as { document: { kubernetes: Record<string, unknown> } };
	delete cluster.document.kubernetes.proxyMode;
	const older = fleetFromJson(migrateFleet({ ...other, cluster }));
	t.is(older && stateDigest(older), stateDigest(story.fleet));
});

test("a state that lacks a field without a default, or has one that nobody knows, is not taken", (t) => {
	const json = jsonOf(fleet());
	const [machine] = json.machines as Record<string, unknown>[];
	const { generation: _generation, ...without } = machine ?? {};
	for (const wrong of [{ machines: [without] }, { unheardOf: 1 }, { seq: "1" }, { tokens: undefined }])
		t.is(migrateFleet({ ...json, ...wrong }), undefined, JSON.stringify(wrong).slice(0, 60));
	for (const none of [undefined, null, 1, "x", []]) t.is(migrateFleet(none), undefined);
});

test("a last seat of an earlier state, which has no node name, is taken", (t) => {
	const json = jsonOf(fleet());
	const machines = (json.machines as object[]).map((machine) => ({ ...machine, lastSeat: { slot: "w", seat: 0 } }));
	const read = fleetFromJson(migrateFleet({ ...json, form: `sha256:${"1".repeat(64)}`, machines }));
	t.deepEqual(
		[...(read?.machines.values() ?? [])].map(({ lastSeat }) => lastSeat),
		machines.map(() => ({ slot: "w", seat: 0 })),
	);
});

test("the form has one name, which a state carries", (t) => {
	t.is(fleetForm(), fleetForm());
	t.is(jsonOf(fleet()).form, fleetForm());
});

test("tokens of an earlier state keep their rights under the names that these have now", (t) => {
	const story = fleet();
	story.token({ scope: "viewer" });
	const json = jsonOf(story);
	const tokens = (json.tokens as { scope: string }[]).map((token) =>
		token.scope === "viewer" ? { ...token, scope: "read" } : token,
	);
	const read = fleetFromJson(migrateFleet({ ...json, form: `sha256:${"1".repeat(64)}`, tokens }));
	t.is(read && stateDigest(read), stateDigest(story.fleet));
	t.is(migrateFleet({ ...json, tokens: [{ scope: "root" }] }), undefined);
});

test("why a machine has no target is understood of an earlier state and of an earlier log, which had only words, by these", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	const machineId = story.join({ name: "a" });
	const earlier = {
		"etcd is just taking this boot of the machine out: wait until that is done": "etcd-leaves",
		"etcd took this boot of the machine out, or its memory of etcd was lost; boot it anew, and it joins with empty memory":
			"etcd-took-out",
		"its address was 10.0.0.1 when this boot became a member of etcd, where the others look for it, and is 10.0.0.9 now; give it that address again, or boot it anew: what it runs goes on until then":
			"etcd-moved",
		"etcd runs without the memory of this machine; its member is being replaced": "etcd-waits",
		"the event log is in doubt (entry 3 is missing); look which machines hold what": "etcd-waits",
		"the machine has 1 GiB of RAM, and needs 3": "unfit",
	} as const;
	for (const [reason, kind] of Object.entries(earlier)) {
		story.record([{ type: "target-impossible", machineId, reason, cause: 1 }]);
		t.deepEqual(story.machine(machineId).impossible, { reason, kind });
		const json = jsonOf(story);
		const machines = (json.machines as object[]).map((one) => ({ ...one, impossible: reason }));
		const read = fleetFromJson(migrateFleet({ ...json, form: `sha256:${"1".repeat(64)}`, machines }));
		t.is(read && stateDigest(read), stateDigest(story.fleet), kind);
	}
});
