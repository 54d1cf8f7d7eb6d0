import type { EtcdSnapshot } from "@rollcall/protocol";
import test from "ava";
import { Scene } from "./snapshot-scene.ts";

for (const meanwhile of [
	"leads, and the log refuses to take it at first",
	"follows, and leads when the doubt is over",
]) {
	test(`where entries are missing in the middle of the log, every file that it does not know is told, also one that is older than the newest, and stays; by who ${meanwhile}`, async (t) => {
		for (const [kind, stays] of [
			["gap", true],
			["foreign", true],
			["unreadable", true],
			["back", false],
		] as const) {
			const scene = new Scene();
			const stop = new AbortController();
			await scene.look(1);
			scene.revision++;
			scene.now += 60_000;
			await scene.look(1);
			const taken = (scene.fleet.snapshots?.kept ?? []).map(({ detached: _, ...one }) => one);
			t.is(taken.length, 2);
			const [older, newest] = taken as [EtcdSnapshot, EtcdSnapshot];
			scene.here = taken;
			const doubt = { seq: 1, at: scene.now, kinds: ["proof" as const, kind], reason: "entry 7 is missing" };
			const snapshots = { kept: [{ ...newest, detached: false }] };
			scene.fleet = { ...scene.fleet, snapshots, log: { checkedTo: 1, doubt } };
			scene.leads = meanwhile.startsWith("leads");
			scene.refuses = ({ kind: input }) => input === "etcd-snapshots-there" && scene.leads;
			scene.onSleep = (looks) => {
				if (looks === 2) scene.fleet = { ...scene.fleet, log: { checkedTo: 1 } };
				if (looks !== 3) return;
				scene.refuses = () => false;
				scene.leads = true;
			};
			await scene.keeper(stop, 8).run(stop.signal);
			const known = scene.fleet.snapshots?.kept.find(({ sha256 }) => sha256 === older.sha256);
			t.is(known?.detached, stays ? true : undefined, kind);
			t.is(
				scene.here.some(({ sha256 }) => sha256 === older.sha256),
				stays,
				kind,
			);
		}
	});
}
