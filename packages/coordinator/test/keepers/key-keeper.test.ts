import test from "ava";
import { AUTHORITY_LIFE_MS } from "../../src/domain/certificates/authority-life.ts";
import { exposedKinds } from "../../src/domain/certificates/exposure.ts";
import { authorityFault } from "../../src/domain/certificates/wrong-authorities.ts";
import { fleetTrouble } from "../../src/domain/views/trouble.ts";
import { keepKeys } from "../../src/keepers/key-keeper.ts";
import { ClockStory } from "../domain/clock-story.ts";
import { START, Story } from "../domain/story.ts";
import { trustFrom } from "../domain/trust-from.ts";

const DAY = 86_400_000;
const END = START + AUTHORITY_LIFE_MS;

/** Lets the keeper look so many times, once a day (or `every` milliseconds) of a clock of the test's own, which is `off` the log's time. */
async function days(count: number, story: Story, more: { leads?: boolean; off?: number; every?: number } = {}) {
	const stopping = new AbortController();
	const troubles: string[] = [];
	let left = count;
	await keepKeys(
		{
			core: {
				fleet: () => story.fleet,
				actsIn: () => ((more.leads ?? true) ? 1 : undefined),
				submit: async (input) => story.take(input),
			},
			clock: {
				now: () => story.at,
				wall: () => story.at + (more.off ?? 0),
				sleep: async () => {
					story.at += more.every ?? DAY;
					if (--left <= 0) stopping.abort();
				},
			},
			pki: { freshTrust: async () => trustFrom(story.at + (more.off ?? 0)) },
			summarize: () => undefined,
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

test("keys that a machine in other hands held are changed all at once, each in its three steps, and no others", async (t) => {
	const story = begin();
	const kept = story.fleet.trust?.trust;
	if (!kept) return t.fail("no trust");
	const id = story.join({ name: "taken" });
	story.record([
		{
			type: "machine-compromised",
			machineId: id,
			bootId: story.machine(id).bootId,
			publicKey: story.machine(id).publicKey,
			keys: [kept.authorities.etcd.signing, kept.serviceAccounts.signing],
			by: "test",
			reason: "a test",
		},
	]);
	t.deepEqual(exposedKinds(story.fleet), ["authorities", "service-accounts"]);
	t.like(fleetTrouble(story.fleet, []), [{ kind: "exposed-keys" }]);
	// Other keys than those of now.
	story.at += DAY;
	const fresh = story.at;
	t.deepEqual(await days(6, story), []);
	const [, ...changes] = story.all("trust-changed");
	t.deepEqual(
		changes.map(({ reason }) => /\((.*)\)$/.exec(reason)?.[1]),
		["prepare", "sign", "finish"].map((step) => `authorities: ${step}, service-accounts: ${step}`),
	);
	const now = story.fleet.trust?.trust;
	t.is(now?.authorities.cluster.signing, trustFrom(fresh).authorities.cluster.signing);
	t.is(now?.authorities.cluster.certificates.length, 1);
	t.not(now?.serviceAccounts.signing, kept.serviceAccounts.signing);
	t.is(now?.encryption, kept.encryption);
	t.is(story.fleet.exposed, undefined);
	t.false(fleetTrouble(story.fleet, []).some(({ kind }) => kind === "exposed-keys"));
});

test("who does not lead changes nothing", async (t) => {
	const story = begin();
	story.at = END;
	await days(3, story, { leads: false });
	t.is(story.all("trust-changed").length, 1);
});

for (const [words, off] of [
	["ended long ago", -20_000 * DAY],
	["have not begun", 2_400 * DAY],
] as const)
	test(`authorities that ${words} are replaced once, at once where nobody has a seat, and those that were are believed until all have followed`, async (t) => {
		const story = new Story();
		story.record([{ type: "trust-changed", trust: trustFrom(START + off), reason: "the fleet's own keys" }]);
		t.deepEqual(await days(1, story, { every: 5_000 }), []);
		const { cluster } = story.fleet.trust?.trust.authorities ?? {};
		t.is(cluster?.certificates.length, 2);
		t.is(cluster?.signing, cluster?.certificates.at(-1)?.fingerprint);
		t.is(authorityFault(story.fleet.trust?.trust ?? trustFrom(0), story.at), undefined);
		await days(10, story, { every: 5_000 });
		t.deepEqual(
			story.all("trust-changed").map(({ reason }) => /\(.*\)$/.exec(reason)?.[0]),
			[undefined, "(authorities: replace)", "(authorities: finish)"],
		);
	});

test("where machines hold seats, what they say of the date is heard first, and a coordinator whose own clock is wrong replaces nothing", async (t) => {
	const story = new ClockStory();
	story.record([{ type: "trust-changed", trust: trustFrom(START), reason: "the fleet's own keys" }]);
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	story.off.set("a", 0);
	const id = story.join({ name: "a" });
	story.report(id, "applied", 1);
	story.ownOff = 9_000 * DAY;
	t.deepEqual(await days(2, story, { off: story.ownOff, every: 1_000 }), []);
	story.settle();
	const troubles = await days(200, story, { off: story.ownOff, every: 5_000 });
	t.is(troubles.length, 1);
	t.regex(
		troubles[0] ?? "",
		/authorities ended on .*; the clocks of 1 of 1 machines say another date, so that nothing is done/,
	);
	t.is(story.all("trust-changed").length, 1);
	story.off.set("a", story.ownOff);
	story.pass(10);
	await days(5, story, { off: story.ownOff, every: 5_000 });
	t.is(story.all("trust-changed").length, 2);
});

test("a clock that goes to and fro has authorities replaced ever more rarely, by those that are known where they are valid", async (t) => {
	const story = begin();
	let made = 0;
	for (let hour = 0; hour < 48; hour++) {
		await days(12, story, { off: (hour % 2) * 9_000 * DAY, every: 300_000 });
		made = Math.max(made, story.fleet.trust?.trust.authorities.etcd.certificates.length ?? 0);
	}
	t.true(made <= 4);
	const signing = new Set(story.all("trust-changed").map(({ trust }) => trust.authorities.cluster.signing));
	t.true(signing.size <= 48);
	t.true(story.all("trust-changed").length <= 100);
});
