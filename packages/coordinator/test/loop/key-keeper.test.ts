import test from "ava";
import { AUTHORITY_LIFE_MS } from "../../src/domain/rotation.ts";
import { keepKeys } from "../../src/loop/key-keeper.ts";
import { START, Story } from "../domain/story.ts";
import { trustFrom } from "../domain/trust-from.ts";

const DAY = 86_400_000;
const END = START + AUTHORITY_LIFE_MS;

/** Lets the keeper look once a day for some days of a clock of the test's own. */
async function days(count: number, story: Story, more: { leads?: boolean; late?: boolean } = {}) {
	const stopping = new AbortController();
	const troubles: string[] = [];
	let left = count;
	await keepKeys(
		{
			core: {
				fleet: () => story.fleet,
				leadership: () => ({ leads: more.leads ?? true, url: undefined }),
				submit: async (input) => story.take(input),
			},
			clock: { now: () => story.at },
			pki: { freshTrust: async () => trustFrom(story.at) },
			summarize: () => undefined,
			sleep: async () => {
				story.at += DAY;
				if (--left <= 0) stopping.abort();
			},
			onTrouble: (what, error) => troubles.push(`${what}${error ? `: ${String(error)}` : ""}`),
		},
		stopping.signal,
	);
	return troubles;
}

function begin(): Story {
	const story = new Story();
	story.record([{ type: "trust-changed", trust: trustFrom(START), reason: "the fleet's own keys" }]);
	return story;
}

test("over ten years of a clock, authorities change over by themselves, with the reason in the events", async (t) => {
	const story = begin();
	const troubles = await days(3_700, story);
	t.deepEqual(troubles, []);
	const [, ...changes] = story.all("trust-changed");
	t.deepEqual(
		changes.map(({ reason }) => /\((.*)\)$/.exec(reason)?.[1]),
		["authorities: prepare", "authorities: sign", "authorities: finish"],
	);
	const [prepare, sign, finish] = changes;
	t.true(
		(prepare?.at ?? 0) >= END - AUTHORITY_LIFE_MS / 10 && (prepare?.at ?? 0) < END - AUTHORITY_LIFE_MS / 10 + 2 * DAY,
	);
	t.is((sign?.at ?? 0) - (prepare?.at ?? 0), DAY);
	t.true((finish?.at ?? 0) >= END && (finish?.at ?? 0) < END + 2 * DAY);
	t.is(story.fleet.trust?.trust.authorities.cluster.certificates.length, 1);
});

test("a renewal waits for a machine that has not followed, says so once, and goes on when it has", async (t) => {
	const story = begin();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	const id = story.join({ name: "late" });
	story.at = END - AUTHORITY_LIFE_MS / 10;
	const troubles = await days(5, story);
	t.is(troubles.length, 1);
	t.true(troubles[0]?.includes(`waiting for machines that have not followed the last change: ${id}`), troubles[0]);
	t.is(story.all("trust-changed").length, 1);
	story.take({ kind: "remove", machineId: id, by: "test" });
	await days(2, story);
	t.is(story.all("trust-changed").length, 3);
});

test("who does not lead changes nothing", async (t) => {
	const story = begin();
	story.at = END;
	await days(3, story, { leads: false });
	t.is(story.all("trust-changed").length, 1);
});
