import test from "ava";
import { rotated } from "../../src/domain/certificates/rotation.ts";
import { EMPTY_FLEET, type Fleet } from "../../src/domain/fleet.ts";
import { type Shared, sharedKeys, sharedOf } from "../../src/render/shared.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";

test("targets of another trust are others, also when it has the same number; those of an equal one are the same", (t) => {
	const keyOf = sharedKeys();
	const key = (fleet: Fleet) => keyOf(sharedOf(fleet));
	const believing = (trust: typeof STAND_IN_TRUST, seq = 7): Fleet => ({ ...EMPTY_FLEET, trust: { trust, seq } });
	const other = rotated(STAND_IN_TRUST, "authorities", STAND_IN_TRUST);
	t.not(key(believing(STAND_IN_TRUST)), key(believing(other)));
	t.is(key(believing(STAND_IN_TRUST)), key(believing(structuredClone(STAND_IN_TRUST), 9)));
	t.not(key(believing(STAND_IN_TRUST)), key(EMPTY_FLEET));
});

test("whatever a renderer can read of the fleet is in the key by which targets are remembered", (t) => {
	const keyOf = sharedKeys();
	const none = sharedOf(EMPTY_FLEET);
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
