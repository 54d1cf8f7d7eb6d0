import type { ImpossibleKind } from "@rollcall/protocol";
import test from "ava";
import type { EtcdBeginnings } from "../../src/domain/etcd/beginning.ts";
import { renderShared } from "../../src/render/render-target.ts";
import { sharedOf } from "../../src/render/shared.ts";
import { example, fleetOf, labFacts } from "./fleet-of.ts";

test("what is rendered to no target has a kind beside its words: whether it is of etcd, and what becomes of it there", (t) => {
	const facts = Array.from({ length: 8 }, (_, index) => labFacts(index));
	const { fleet, seated } = fleetOf(example("ha"), facts);
	const first = seated.find((one) => one.seat.role === "control-plane");
	if (!first) throw new Error("nobody is a control plane");
	const { machine, seat } = first;
	const { machineId, bootId } = machine;
	const shared = sharedOf(fleet, "whole");
	const kindOf = (etcd: Partial<EtcdBeginnings>, own = machine): ImpossibleKind | "a target" | undefined => {
		const rendered = renderShared({ ...shared, etcd: { ...shared.etcd, ...etcd } }, own, seat);
		return rendered.ok ? "a target" : rendered.kind;
	};
	const nobody = { living: [], others: undefined, founding: undefined, goOn: [] };
	t.is(kindOf({}), "a target");
	t.is(kindOf(nobody), "etcd-waits");
	t.is(kindOf({ takenOut: [{ machineId, bootId, votes: true }] }), "etcd-leaves");
	t.is(kindOf({ takenOut: [{ machineId, bootId, votes: false }] }), "etcd-took-out");
	t.is(kindOf({ ...nobody, another: [{ machineId, bootId }] }), "etcd-waits");
	const cluster = [{ nodeName: seat.nodeName, address: "192.0.2.7" }];
	t.is(kindOf({ living: [{ machineId, bootId, begun: "new", cluster } as never] }), "etcd-moved");
	const small = { ...machine, facts: { ...machine.facts, memory: { ...machine.facts.memory, totalBytes: 2 ** 30 } } };
	t.is(kindOf({}, small), "unfit");
});
