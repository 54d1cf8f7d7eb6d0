import { apply, EMPTY_FLEET, stateDigest } from "@rollcall/coordinator/simulator";
import type { Event } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import type { Store } from "./torture/etcd/store.ts";
import { REGISTER, Stream } from "./torture/etcd/stream.ts";
import { Fault } from "./torture/fault.ts";
import { checkAcknowledged, checkOrder, checkWrites } from "./torture/log/check.ts";
import type { Write } from "./torture/log/writer.ts";

const elected = (seq: number, coordinatorId: string): Event =>
	({ type: "leader-elected", coordinatorId, url: "http://127.0.0.1:1", seq, at: seq }) as Event;
const made = (seq: number, tokenId: string): Event =>
	({
		type: "token-created",
		tokenId,
		hash: `sha256:${String(seq).padStart(64, "0")}`,
		scope: "enroll",
		labels: {},
		by: "test",
		seq,
		at: seq,
	}) as Event;
const token = (value: string, more: Partial<Write> = {}): Write => ({
	kind: "token",
	via: "one",
	value,
	begunAt: 10,
	ackedAt: 20,
	...more,
});
const NAMES = new Map([
	["a", "one"],
	["b", "two"],
]);
const LOG = [elected(1, "a"), made(2, "first"), made(3, "second"), elected(4, "b"), made(5, "third")];

test("an acknowledged write that is not in the log, is there twice, or was written under another leader is found", (t) => {
	const check = (writes: readonly Write[], events = LOG, excuses: { from: number; to: number }[] = []) =>
		checkWrites({ events, writes, excuses, names: NAMES });
	t.notThrows(() => check([token("first"), token("second"), token("third", { via: "two" })]));
	const { ackedAt: _none, ...open } = token("gone");
	t.notThrows(() => check([open]), "nobody was told that it is there");
	t.throws(() => check([token("first"), token("gone")]), { instanceOf: Fault, message: /in the log, once.* 0 times/ });
	t.throws(() => check([token("first")], [...LOG, made(6, "first")]), { instanceOf: Fault, message: / 2 times/ });
	t.throws(() => check([token("third")]), { instanceOf: Fault, message: /who does not lead writes nothing/ });
	// The log was put back from a copy meanwhile; what was acknowledged before that has no excuse.
	t.notThrows(() => check([token("gone")], LOG, [{ from: 15, to: 30 }]));
	t.throws(() => check([token("gone")], LOG, [{ from: 25, to: 30 }]), { instanceOf: Fault });
});

test("events with a gap between them, or back in time, and a state that is not their fold are found", (t) => {
	const end = { seq: 5, stateDigest: stateDigest(LOG.reduce(apply, EMPTY_FLEET)) };
	t.notThrows(() => checkOrder(LOG, { end, back: false }));
	const holes = LOG.filter(({ seq }) => seq !== 3);
	t.throws(() => checkOrder(holes, { end, back: false }), { instanceOf: Fault, message: /without gaps: 2, then 4/ });
	t.throws(() => checkOrder(holes, { end, back: true }), { instanceOf: Fault, message: /the fold of the log/ });
	const early = LOG.map((event) => (event.seq === 4 ? { ...event, at: 2 } : event));
	t.throws(() => checkOrder(early, { end, back: false }), { instanceOf: Fault, message: /time goes on: 3, then 2/ });
	const other = { ...end, stateDigest: stateDigest(EMPTY_FLEET) };
	t.throws(() => checkOrder(LOG, { end: other, back: false }), { instanceOf: Fault, message: /the fold of the log/ });
});

test("coordinators that acknowledge nothing of a kind when all is well, or refuse what is right, are found", (t) => {
	const all = [token("1"), token("2", { kind: "label" }), token("3", { kind: "document" })];
	t.notThrows(() => checkAcknowledged(all));
	t.throws(() => checkAcknowledged(all.slice(0, 2)), { instanceOf: Fault, message: /a document is acknowledged/ });
	t.throws(() => checkAcknowledged(all, 11), { instanceOf: Fault, message: /a token is acknowledged/ });
	const { ackedAt: _none, ...refused } = token("4", { refused: "422 document-invalid" });
	t.throws(() => checkAcknowledged([...all, refused]), { instanceOf: Fault, message: /a token is a valid request/ });
});

/** Writes into a map, some of it, and gives what was written back. */
async function startStream(t: ExecutionContext) {
	const kept = new Map<string, string>();
	const store: Store = {
		keeps: "values of a map",
		restMs: 1,
		read: () => true,
		put: async (_address, key, value) => kept.set(key, value),
		all: async (_address, beginning) => new Map([...kept].filter(([key]) => key.startsWith(beginning))),
	};
	const stream = new Stream(store, ["a", "b"]);
	t.teardown(() => stream.stop());
	await eventually("some writes", () => stream.acknowledged > 20);
	return { kept, store, stream, keys: () => [...kept.keys()].filter((key) => key !== REGISTER) };
}

test("a key that etcd acknowledged and has no more is found, and excused only where a majority was lost after it was written", async (t) => {
	const { kept, stream, keys } = await startStream(t);
	t.true((await stream.check("a")) > 20);
	const [oldest = ""] = keys();
	const begin = performance.now();
	const before = keys().length;
	await eventually("newer writes", () => keys().length > before + 20);
	await stream.stop();
	kept.delete(keys().at(-1) ?? "");
	await t.throwsAsync(stream.check("a"), { instanceOf: Fault, message: /lost while a majority lives: 1 of/ });
	await t.notThrowsAsync(stream.check("a", begin));
	kept.delete(oldest);
	await t.throwsAsync(stream.check("a", begin), { instanceOf: Fault, message: /older than the newest snapshot: 1 of/ });
});

test("a read that is older than what etcd acknowledged is found, and excused while etcd may have begun with a snapshot", async (t) => {
	const stale = (text: string | undefined) => new Map([[REGISTER, String(Number(text) - 1)]]);
	for (const mayFallBack of [true, false]) {
		const { kept, store, stream } = await startStream(t);
		stream.mayFallBack(mayFallBack);
		const { all } = store;
		let reads = 0;
		store.all = async (address, beginning) => {
			if (beginning !== REGISTER) return all(address, beginning);
			reads += 1;
			return stale(kept.get(REGISTER));
		};
		await eventually("some reads", () => reads > 5);
		await stream.stop();
		const check = stream.check("a");
		if (mayFallBack) await t.notThrowsAsync(check);
		else await t.throwsAsync(check, { instanceOf: Fault, message: /not older than what was acknowledged/ });
	}
});
