import { type NodeState, sha256Of } from "@rollcall/protocol";
import test from "ava";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import { machineView } from "../../src/domain/views/view.ts";
import { bootIdOf, type Hardware } from "./hardware.ts";
import { Story } from "./story.ts";

const PC: Hardware = { name: "pc" };
const READY: NodeState = { ready: true, reason: "", version: "v1.36.2", pressure: [] };

function readyMachine() {
	const story = new Story();
	story.declare([{ name: "workers", role: "worker", count: 1 }]);
	const id = story.join(PC);
	story.report(id, "applied", 1);
	const see = (state: NodeState, bootId: string = bootIdOf(PC)) =>
		story.take({ kind: "nodes-seen", nodes: [{ name: story.machine(id).seat?.nodeName ?? "", bootId, state }] });
	const view = () => machineView(story.fleet, story.machine(id));
	return { story, id, see, view };
}

test("a machine whose node is not ready is degraded, with Kubernetes' reason", (t) => {
	const { see, view, story } = readyMachine();
	t.is(view().phase, "ready");
	see(READY);
	t.deepEqual(view().node, READY);
	see({ ...READY, ready: false, reason: "KubeletNotReady: container runtime network not ready" });
	t.like(view(), {
		phase: "degraded",
		reason: "Kubernetes says that its node is not ready: KubeletNotReady: container runtime network not ready",
	});
	see(READY);
	t.is(view().phase, "ready");
	t.is(story.all("node-changed").length, 3);
});

test("what did not change is no event, numbers in reasons included", (t) => {
	const { see, story } = readyMachine();
	const ill = (seconds: number) => ({ ...READY, ready: false, reason: `kubelet silent for ${seconds} s` });
	for (const seconds of [40, 41, 42]) see(ill(seconds));
	see(READY);
	see(READY);
	t.is(story.all("node-changed").length, 2);
});

test("a shortage is shown, and a node that is gone is forgotten", (t) => {
	const { see, view, story } = readyMachine();
	see({ ...READY, pressure: ["MemoryPressure"] });
	t.is(view().phase, "ready");
	t.regex(view().reason, /but Kubernetes reports MemoryPressure$/);
	story.take({ kind: "nodes-seen", nodes: [] });
	t.is(view().node, undefined);
	t.regex(view().reason, /all is well$/);
	t.regex(
		view().next ?? "",
		/it knows no DNS server.*CoreDNS does not start on it.*no name of the cluster.*declare networks\.dnsServers/,
	);
});

test("a node that speaks of an earlier boot is not ready, and another boot begins without a node", (t) => {
	const { see, view, story, id } = readyMachine();
	see(READY, bootIdOf({ ...PC, boot: 7 }));
	t.like(view(), { phase: "degraded", node: { ready: false } });
	story.join({ ...PC, boot: 2 });
	t.is(story.machine(id).node, undefined);
});

test("the API's state is an event when it changes, and not before it was ready once", (t) => {
	const { story } = readyMachine();
	story.take({ kind: "api-seen", ready: false, reason: "connect ECONNREFUSED" });
	t.deepEqual(story.all("api-changed"), []);
	for (const ready of [true, true, false, false, true])
		story.take({ kind: "api-seen", ready, reason: ready ? "" : "not ready: etcd" });
	t.deepEqual(
		story.all("api-changed").map(({ ready, reason }) => [ready, reason]),
		[
			[true, ""],
			[false, "not ready: etcd"],
			[true, ""],
		],
	);
});

test("claims that wait are an event when they are others, and stay known while add-ons come and go, also in a snapshot", (t) => {
	const { story } = readyMachine();
	const see = (...waiting: { namespace: string; name: string }[]) => story.take({ kind: "claims-seen", waiting });
	const [one, other] = [
		{ namespace: "class", name: "a" },
		{ namespace: "class", name: "b" },
	];
	see();
	see(one);
	see(one);
	story.take({
		kind: "add-ons",
		outcome: { ok: true, digest: sha256Of("add-ons"), objects: 1, drifted: [], pruned: [] },
	});
	t.deepEqual(story.fleet.kubernetes?.claims, { claims: [one], total: 1 });
	const kept = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(story.fleet))));
	t.deepEqual(kept?.kubernetes, story.fleet.kubernetes);
	see(one, other);
	see();
	see();
	t.deepEqual(
		story.all("claims-waiting").map(({ total }) => total),
		[1, 2, 0],
	);
	t.is(story.fleet.kubernetes?.claims, undefined);
});

test("add-ons are an event when they are new, drifted, or failed, and survive a snapshot", (t) => {
	const { story } = readyMachine();
	const digest = sha256Of("add-ons");
	const done = { ok: true, digest, objects: 11, drifted: [], pruned: [] } as const;
	story.take({ kind: "add-ons", outcome: done });
	story.take({ kind: "add-ons", outcome: done });
	t.is(story.all("add-ons-applied").length, 1);
	story.take({ kind: "add-ons", outcome: { ...done, drifted: ["Deployment kube-system/coredns"] } });
	for (const port of [1, 2])
		story.take({ kind: "add-ons", outcome: { ok: false, reason: `no answer from port ${port}` } });
	t.is(story.all("add-ons-failed").length, 1);
	t.is(story.fleet.kubernetes?.addOnsTrouble, "no answer from port 1");
	story.take({ kind: "add-ons", outcome: done });
	t.is(story.all("add-ons-applied").length, 3);
	const kept = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(story.fleet))));
	t.deepEqual(kept?.kubernetes, story.fleet.kubernetes);
	t.is(kept?.kubernetes?.addOnsTrouble, undefined);
});
