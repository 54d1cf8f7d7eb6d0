import test from "ava";
import { EMPTY_FLEET, type Fleet, type Machine, type Seat } from "../../src/domain/fleet.ts";
import { rememberTargets } from "../../src/loop/remembered-targets.ts";

const FLEET: Fleet = { ...EMPTY_FLEET };

function machineIn(seat: number): Machine & { seat: Seat } {
	return { facts: {}, labels: {}, seat: { seat } } as unknown as Machine & { seat: Seat };
}

/** A renderer that counts, and whose shared part can be changed. */
function counting() {
	const seen = { rendered: 0, shared: "a", etcd: "a" };
	const targets = rememberTargets({
		partOf: (role) => (role === "etcd" ? "etcd" : "others"),
		sharedOf: ({ cluster }, part) => `${part === "etcd" ? seen.etcd : seen.shared} ${cluster !== undefined}`,
		keyOf: (shared) => shared,
		render: (_shared, _machine, seat) => ({
			ok: true,
			content: { number: ++seen.rendered, seat: seat.seat } as never,
		}),
	});
	return { seen, targets };
}

test("what was rendered to decide is what the machine gets, without rendering it again", (t) => {
	const { seen, targets } = counting();
	const machine = machineIn(1);
	const summary = targets.summarize(FLEET, machine, machine.seat);
	const rendered = targets.render(FLEET, machine, machine.seat);
	t.is(seen.rendered, 1);
	t.deepEqual(targets.summarize(FLEET, machine, machine.seat), summary);
	t.deepEqual(rendered, { ok: true, content: { number: 1, seat: 1 } as never });
});

test("a machine, a document or other members that changed are rendered anew", (t) => {
	const { seen, targets } = counting();
	const machine = machineIn(1);
	targets.render(FLEET, machine, machine.seat);
	const labelled = { ...machine, labels: {} };
	targets.render(FLEET, labelled, machine.seat);
	t.is(seen.rendered, 2);
	targets.render(FLEET, { ...labelled, health: [] }, machine.seat);
	t.is(seen.rendered, 2, "no renderer reads the health");
	targets.render({ ...FLEET, cluster: { document: {} } as never }, machine, machine.seat);
	t.is(seen.rendered, 3);
	seen.shared = "b";
	targets.render({ ...FLEET }, machine, machine.seat);
	t.is(seen.rendered, 4);
});

test("what only another role takes renders nobody else's target anew", (t) => {
	const { seen, targets } = counting();
	const [worker, etcd] = [machineIn(1), machineIn(2)];
	const ofEtcd = { ...etcd.seat, role: "etcd" };
	const look = (fleet: Fleet) => {
		targets.summarize(fleet, worker, worker.seat);
		targets.summarize(fleet, etcd, ofEtcd);
	};
	look(FLEET);
	t.is(seen.rendered, 2);
	seen.etcd = "b";
	const next = { ...FLEET };
	look(next);
	t.is(seen.rendered, 3);
	const basisOf = targets.summarize.basisOf;
	t.is(basisOf?.(FLEET, "worker"), basisOf?.(next, "worker"));
	t.not(basisOf?.(FLEET, "etcd"), basisOf?.(next, "etcd"));
});

test("only the latest targets are kept whole; what is fetched later is rendered again", (t) => {
	const { seen, targets } = counting();
	const machines = Array.from({ length: 1_100 }, (_, seat) => machineIn(seat));
	for (const machine of machines) targets.summarize(FLEET, machine, machine.seat);
	t.is(seen.rendered, 1_100);
	const latest = machines.at(-1) as (typeof machines)[number];
	targets.render(FLEET, latest, latest.seat);
	t.is(seen.rendered, 1_100);
	const first = machines[0] as (typeof machines)[number];
	targets.render(FLEET, first, first.seat);
	t.is(seen.rendered, 1_101);
});
