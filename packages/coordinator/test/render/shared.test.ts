import test from "ava";
import { rotated } from "../../src/domain/certificates/rotation.ts";
import { EMPTY_FLEET, type Fleet } from "../../src/domain/fleet.ts";
import { renderShared } from "../../src/render/render-target.ts";
import { partOf, type Shared, sharedKeys, sharedOf } from "../../src/render/shared.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";
import { example, fleetOf, labFacts } from "./fleet-of.ts";

test("targets of another trust are others, also when it has the same number; those of an equal one are the same", (t) => {
	const keyOf = sharedKeys();
	const key = (fleet: Fleet) => keyOf(sharedOf(fleet, "whole"));
	const believing = (trust: typeof STAND_IN_TRUST, seq = 7): Fleet => ({ ...EMPTY_FLEET, trust: { trust, seq } });
	const other = rotated(STAND_IN_TRUST, "authorities", STAND_IN_TRUST);
	t.not(key(believing(STAND_IN_TRUST)), key(believing(other)));
	t.is(key(believing(STAND_IN_TRUST)), key(believing(structuredClone(STAND_IN_TRUST), 9)));
	t.not(key(believing(STAND_IN_TRUST)), key(EMPTY_FLEET));
});

test("whatever a renderer can read of the fleet is in the key by which targets are remembered", (t) => {
	const keyOf = sharedKeys();
	const none = sharedOf(EMPTY_FLEET, "whole");
	const [machineId, bootId] = ["m-1", "b-1"] as [never, never];
	const others: { readonly [K in keyof Shared]: Shared[K] } = {
		document: { name: "lab" } as never,
		trust: STAND_IN_TRUST,
		controlPlanes: [{ nodeName: "a", address: "192.0.2.1" }],
		ownEtcd: [{ nodeName: "a", address: "192.0.2.1" }],
		etcd: { ...none.etcd, takenOut: [{ machineId, bootId, votes: false }] },
		etcdWait: "no memory of etcd is left",
		snapshotSource: "http://192.0.2.9:7480",
	};
	t.deepEqual(Object.keys(others).sort(), Object.keys(none).sort());
	const keys = Object.entries(others).map(([field, value]) => keyOf({ ...none, [field]: value }));
	t.is(new Set([keyOf(none), ...keys]).size, keys.length + 1);
});

test("a worker, and a role of the operator's, get the same whatever becomes of etcd", (t) => {
	const { fleet, seated } = fleetOf(
		example("ha"),
		Array.from({ length: 8 }, (_, index) => labFacts(index)),
	);
	const last = seated.find((one) => one.seat.role === "worker");
	if (!last) throw new Error("nobody is a worker");
	const { machine, seat } = last;
	const { machineId, bootId } = machine;
	const peers = [{ nodeName: "another", address: "192.0.2.7" }];
	const sizeBytes = 2 ** 40;
	const snapshot = { sha256: "sha256:00", content: { sizeBytes } } as never;
	const restored = { sha256: "sha256:00", fetch: { sizeBytes } } as never;
	const changed: Partial<Shared>[] = [
		{
			etcd: {
				living: [{ machineId, bootId, begun: "new", cluster: peers, fetch: snapshot } as never],
				others: undefined,
				founding: undefined,
				goOn: [],
				goOnWith: { state: "new" },
				takenOut: [],
			},
		},
		{
			etcd: {
				living: [],
				others: { state: "existing", cluster: peers, restored },
				founding: { founders: [{ machineId, bootId, nodeName: seat.nodeName, address: "192.0.2.7" }], isWhole: true },
				goOn: [machineId],
				goOnWith: { state: "new", restored },
				takenOut: [{ machineId, bootId, votes: true }],
			},
		},
		{ ownEtcd: peers, etcdWait: "it waits", snapshotSource: "http://192.0.2.9:7480" },
	];
	const part = sharedOf(fleet, partOf(seat.role));
	for (const role of ["worker", "own"]) {
		const asRole = { ...seat, role };
		const target = renderShared(part, machine, asRole);
		for (const others of changed)
			t.deepEqual(renderShared({ ...sharedOf(fleet, "whole"), ...others }, machine, asRole), target);
		t.is(target.ok, role === "worker");
	}
});
