import test from "ava";
import { admit } from "../../src/domain/admit.ts";
import { EMPTY_FLEET, type Fleet } from "../../src/domain/fleet.ts";
import { record } from "../../src/domain/record.ts";
import { watchAccess } from "../../src/keepers/access-watch.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A log that admits and records what the watch hands in. */
function recorder(life = 90 * DAY) {
	const hash = `sha256:${"1".repeat(64)}` as never;
	const made = { type: "token-created", tokenId: "t-1", hash, scope: "viewer", labels: {}, by: "test" } as const;
	let fleet: Fleet = record(EMPTY_FLEET, [{ ...made, expiresAt: life }], 0).fleet;
	const events: { type: string }[] = [];
	const state = { leads: true, at: 0 };
	const watch = watchAccess({
		clock: { now: () => state.at },
		core: {
			fleet: () => fleet,
			leadership: () => ({ leads: state.leads, url: undefined }),
			async submit(input) {
				const { events: drafts, answer } = admit(fleet, input, state.at);
				const recorded = record(fleet, drafts, state.at);
				fleet = recorded.fleet;
				events.push(...recorded.events);
				return answer;
			},
		},
	});
	return { watch, state, events, token: () => fleet.tokens.get("t-1") };
}

test("the use of a token is recorded at most once an hour, with its address, and shown with it", async (t) => {
	const { watch, state, events, token } = recorder();
	t.teardown(() => watch.close());
	for (let minute = 0; minute < 150; minute += 1) {
		state.at = minute * 60_000;
		for (let times = 0; times < 100; times += 1) watch.used("t-1", "192.0.2.7");
		await watch.look();
	}
	t.deepEqual(
		events.map(({ type }) => type),
		["tokens-used", "tokens-used", "tokens-used"],
	);
	t.deepEqual(token()?.used, { at: 2 * HOUR, from: "192.0.2.7" });
});

test("a token that nobody knows is forgotten, and a coordinator that follows writes nothing", async (t) => {
	const { watch, state, events } = recorder();
	t.teardown(() => watch.close());
	watch.used("admin-token", "::1");
	await watch.look();
	state.leads = false;
	watch.used("t-1", "::1");
	await watch.look();
	t.deepEqual(events, []);
	state.leads = true;
	await watch.look();
	t.is(events.length, 1, "what was seen before is told by who leads");
});

test("that a token ends soon is told once, a week before or a tenth of its life", async (t) => {
	for (const [life, told] of [
		[90 * DAY, 83 * DAY],
		[10 * HOUR, 9 * HOUR],
	] as const) {
		const { watch, state, events } = recorder(life);
		t.teardown(() => watch.close());
		state.at = told - 1;
		await watch.look();
		t.deepEqual(events, []);
		for (let looks = 0; looks < 3; looks += 1) {
			state.at = told + looks;
			await watch.look();
		}
		t.deepEqual(
			events.map(({ type }) => type),
			["token-ending"],
		);
	}
});

test("a flood of refused requests is one event a minute with a bounded list", async (t) => {
	const { watch, events } = recorder();
	t.teardown(() => watch.close());
	for (let index = 0; index < 10_000; index += 1)
		watch.refused({ from: `192.0.2.${index % 250}`, route: `GET /v1/${index % 40}`, code: "unauthorized" });
	await watch.look();
	await watch.look();
	t.is(events.length, 1);
	t.like(events[0], { type: "requests-refused", total: 10_000 });
	t.is((events[0] as unknown as { most: unknown[] }).most.length, 16);
});
