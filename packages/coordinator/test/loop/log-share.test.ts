import { randomBytes } from "node:crypto";
import test from "ava";
import { entryBytes, MAX_ENTRY_BYTES } from "../../src/adapters/nats/entry.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { noRoomFor, toldOf, type Writer } from "../../src/domain/log/log-room.ts";
import { LogShare } from "../../src/loop/log-share.ts";
import { takeTurn } from "../../src/loop/turn.ts";
import { factsOf } from "../domain/hardware.ts";
import { documentOf, Story } from "../domain/story.ts";

const SLOTS = [{ name: "w", role: "worker", count: 2 }];
const measure = (events: Parameters<typeof entryBytes>[0]) => ({
	bytes: entryBytes(events),
	maxBytes: MAX_ENTRY_BYTES,
});

/** A machine that says with every report that another part of it is ill, so many times, and how much of it was recorded. */
function talk(story: Story, share: LogShare, name: string, times: number): number {
	const machineId = story.join({ name });
	let recorded = 0;
	for (let n = 0; n < times; n++) {
		const health = Array.from({ length: 12 }, (_, index) => ({
			component: `part-${index}`,
			healthy: false,
			reason: [...String(n)]
				.map((digit) => "abcdefghij"[Number(digit)])
				.join("")
				.repeat(120),
		}));
		const { bootId } = factsOf({ name });
		const report = { bootId, sequence: story.machine(machineId).reported + 1, generation: 0, health };
		const input: Input = { kind: "report", machineId, report };
		const turn = takeTurn({
			fleet: story.fleet,
			inputs: [input],
			observed: story.observed(),
			summarize: story.summarize,
			keep: () => true,
			refusal: (...about) => share.refusal(...about),
			decideAnyway: false,
		});
		story.fleet = turn.fleet;
		if (turn.events.length > 0) recorded += JSON.stringify(turn.events).length;
		if (turn.events.length === 0) {
			const [answer] = turn.answers;
			if (answer?.kind !== "problem" || answer.problem.code !== "too-many-requests") return Number.NaN;
		}
	}
	return recorded;
}

test("a machine that waits for approval fills its share and no more, and one that was let in has a larger one; others still write", (t) => {
	const strangers = new Story();
	strangers.declare(SLOTS, { approval: { rules: [] } });
	const share = new LogShare(measure);
	const waiting = talk(strangers, share, "a", 400);
	t.true(waiting > 200_000 && waiting < 300_000, String(waiting));
	const known = new Story();
	known.declare(SLOTS);
	const approved = talk(known, share, "b", 800);
	t.true(approved > 800_000 && approved < 1_200_000, String(approved));
	t.true(talk(strangers, share, "c", 3) > 0);
});

test("a share comes back with time", (t) => {
	const story = new Story();
	story.declare(SLOTS, { approval: { rules: [] } });
	const share = new LogShare(measure);
	talk(story, share, "a", 400);
	t.is(talk(story, share, "a", 1), 0);
	story.at += 3_600_000;
	t.true(talk(story, share, "a", 1) > 0);
});

test("what is too large for an entry is refused with the numbers before anything of it is decided, and a large document that packs well is taken", (t) => {
	const story = new Story();
	const share = new LogShare(measure);
	const declare = (value: (n: number) => string): Input => {
		const machines = Array.from({ length: 10_000 }, (_, n) => ({
			mac: `02:00:00:${[16, 8, 0].map((bits) => ((n >> bits) & 255).toString(16).padStart(2, "0")).join(":")}`,
			nodeName: `node-${n}`,
			labels: { rack: `r${n % 100}`, a: value(n), b: value(n), c: value(n), d: value(n) },
		}));
		return { kind: "declare", ...documentOf(SLOTS, { machines }), by: "test" };
	};
	const take = (input: Input) =>
		takeTurn({
			fleet: story.fleet,
			inputs: [input],
			observed: story.observed(),
			summarize: story.summarize,
			keep: () => true,
			refusal: (...about) => share.refusal(...about),
			decideAnyway: false,
		});
	const packs = take(declare((n) => `row-${n % 10}`));
	t.true(JSON.stringify(packs.events).length > 850_000);
	t.is(packs.answers[0]?.kind, "ok");
	const random = take(declare(() => randomBytes(31).toString("hex").slice(0, 62)));
	const [answer] = random.answers;
	if (answer?.kind !== "problem") return t.fail(JSON.stringify(answer));
	t.is(answer.problem.code, "too-large");
	t.regex(answer.problem.message, new RegExp(`\\d+ bytes .* at most ${MAX_ENTRY_BYTES}`));
	t.deepEqual(random.events, []);
});

test("the fuller the log, the fewer may write: strangers end first, then machines, keepers and operators, and the coordinator's own elections last", (t) => {
	const may = (percent: number) =>
		(["stranger", "machine", "keeper", "operator"] satisfies Writer[]).filter((writer) => !noRoomFor(writer, percent));
	t.deepEqual(
		[79, 80, 90, 93, 95].map((percent) => may(percent).length),
		[4, 3, 2, 1, 0],
	);
	const story = new Story();
	const share = new LogShare(measure);
	share.see({ bytes: 96, maxBytes: 100 });
	const input: Input = {
		kind: "create-token",
		tokenId: "t",
		hash: documentOf(SLOTS).digest,
		scope: "viewer",
		labels: {},
		by: "test",
	};
	const answer = share.refusal(
		story.fleet,
		input,
		[{ type: "token-revoked", tokenId: "t", by: "x", seq: 1, at: 1 }],
		1,
	);
	t.true(answer?.kind === "problem" && /96 % full/.test(answer.problem.message));
});

test("how full the log is, is told once per share, and again only when it was well below", (t) => {
	const told: number[] = [];
	let known: number | undefined;
	for (const percent of [10, 69, 70, 71, 79, 80, 78, 76, 81, 95, 100, 93, 89, 66, 64, 70]) {
		const now = toldOf(known, percent);
		if (now === undefined) continue;
		told.push(percent);
		known = percent;
	}
	t.deepEqual(told, [70, 80, 95, 89, 66, 70]);
});
