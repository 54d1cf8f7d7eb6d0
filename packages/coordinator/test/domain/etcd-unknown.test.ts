import test from "ava";
import { etcdRisk } from "../../src/domain/etcd/risk.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { doubtLog } from "../../src/domain/log/log-doubt.ts";
import { standing } from "../../src/domain/views/phase.ts";
import { fleetTrouble } from "../../src/domain/views/trouble.ts";
import { BOXES, beginnings, CONTROL, takeStep } from "./etcd-story.ts";
import { lost, lostLog } from "./lost-log.ts";
import { codeOf, documentOf, type Story } from "./story.ts";

const NOBODY = [undefined, undefined, undefined];
const NEW = [{ state: "new" }, { state: "new" }, { state: "new" }];
const ASKS =
	/nobody has proved that it holds etcd's memory .*bring the machines that ran etcd back; .*rollcall etcd restore none$/;

const states = (story: Story, ids: Parameters<typeof beginnings>[1]) =>
	beginnings(story, ids).map((one) => one && { state: one.state });
const choose = (story: Story, from: "none" | "newest") => story.take({ kind: "etcd-choose", from, by: "test" });

test("after a lost log of which no snapshot is left, etcd does not begin with nothing by itself, however long nobody proves that memory lives; a person says so by name", (t) => {
	const { story, spares } = lost([], {}, { snapshots: [] });
	story.pass(3600);
	t.deepEqual(states(story, spares), NOBODY);
	t.regex(etcdWait(story.fleet), ASKS);
	t.regex(etcdRisk(story.fleet, story.at) ?? "", ASKS);
	t.true(fleetTrouble(story.fleet, []).some(({ kind, text }) => kind === "no-quorum" && ASKS.test(text)));
	t.regex(standing(story.fleet, story.machine(spares[0] as never)).reason, ASKS);
	t.is(codeOf(choose(story, "none")), "ok");
	t.deepEqual(states(story, spares), NEW);
	t.is(etcdRisk(story.fleet, story.at), undefined);
});

test("whoever proves itself after hours has its seat back, and etcd goes on, since nobody began in its place", (t) => {
	const { before, story, prove } = lost([], {}, { snapshots: [] });
	story.pass(3 * 3600);
	for (const box of BOXES) prove(box);
	t.deepEqual(story.seating(), before.seating());
	story.pass(60);
	t.is(nextEtcdStep(story.fleet)?.kind, "found");
});

test("a first start asks nobody", (t) => {
	const story = lostLog([], false);
	const ids = BOXES.map((box) => story.join(box));
	t.deepEqual(states(story, ids), NEW);
});

test("where there are snapshots of before, who waits names both: the machines that may hold memory, and the choice", (t) => {
	const { story, spares } = lost([]);
	t.regex(etcdWait(story.fleet), /bring the machines that ran etcd back; .* rollcall etcd restore newest, or none$/);
	choose(story, "newest");
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 5 } });
	takeStep(story);
	t.deepEqual(states(story, spares), NEW);
});

test("a log that came into doubt before etcd was founded by it does not tell whether memory lives, either, once the doubt is over", (t) => {
	const story = lostLog([], false);
	const flaw = { kind: "back", position: 7, reason: "the event log ends at 7, and entry 9 was there before" } as const;
	story.record(doubtLog([flaw], 7, story.at));
	const ids = BOXES.map((box) => story.join(box));
	story.pass(60);
	t.is(story.fleet.log?.doubt, undefined);
	t.deepEqual(states(story, ids), NOBODY);
	t.regex(etcdWait(story.fleet), ASKS);
	choose(story, "none");
	t.deepEqual(states(story, ids), NEW);
});

test("a loss that was accepted before the log came into doubt says nothing of the memory that may live since", (t) => {
	const story = lostLog([], false);
	story.take({
		kind: "declare",
		...documentOf(CONTROL, { kubernetes: { version: "1.36.3" } }),
		by: "test",
		acceptLoss: "etcd",
	});
	story.record(doubtLog([{ kind: "back", position: 7, reason: "the event log ends at 7" }], 7, story.at));
	const ids = BOXES.map((box) => story.join(box));
	story.pass(60);
	t.deepEqual(states(story, ids), NOBODY);
	t.regex(etcdWait(story.fleet), ASKS);
});

test("a log that came into doubt after etcd was founded knows its members, and asks nobody", (t) => {
	const story = lostLog([], false);
	const ids = BOXES.map((box) => story.join(box));
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	story.record(doubtLog([{ kind: "gap", position: 7, reason: "entry 7 is missing from the event log" }], 7, story.at));
	story.pass(60);
	for (const box of BOXES) story.join({ ...box, boot: 2 });
	t.deepEqual(states(story, ids), NEW);
});

test("while nobody knows whether memory lives, a document that moves etcd is refused; with the loss accepted by name etcd begins under it", (t) => {
	const { story } = lost([], {}, { snapshots: [] });
	const moved = [...CONTROL, { name: "store", role: "etcd", count: 1, selector: { labels: { pool: "x" } } }];
	const declare = (more: object) => story.take({ kind: "declare", ...documentOf(moved), by: "test", ...more });
	const refused = declare({});
	t.is(codeOf(refused), "quorum-at-risk");
	t.regex(refused.kind === "problem" ? (refused.problem.next ?? "") : "", /bring the machines that ran etcd back/);
	t.is(codeOf(declare({ acceptLoss: "etcd" })), "ok");
	const id = story.join({ name: "g", memoryGiB: 8 }, { pool: "x" });
	t.deepEqual(states(story, [id]), [{ state: "new" }]);
});

test("a person who chose a snapshot of another cluster did not say that nothing is meant", (t) => {
	const { story, spares } = lost([]);
	choose(story, "newest");
	story.take({ kind: "declare", ...documentOf(CONTROL, { name: "lab-two" }), by: "test", acceptLoss: "etcd" });
	t.deepEqual(states(story, spares), NEW, "the loss was accepted");
});
