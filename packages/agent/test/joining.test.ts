import { machineFacts } from "@rollcall/test-support/machine-facts";
import test, { type ExecutionContext } from "ava";
import { createEnroll } from "../src/adapters/enroll/enroll.ts";
import { createUserKey } from "../src/adapters/user-key.ts";
import type { BootIdentity } from "../src/loop/boot-identity.ts";
import { createJoiner } from "../src/loop/joiner.ts";
import type { EnrollOutcome } from "../src/ports/enrollment.ts";
import { serve } from "./support/http-server.ts";
import { BOOT } from "./support/targets.ts";

const OWN = createUserKey();
const BY = { seed: OWN.seed, signers: [createUserKey().publicKey] };
const CLAIM = { publicKey: OWN.publicKey, facts: machineFacts({ bootId: BOOT }), token: "t" };
const BUSY = { code: "not-ready", message: "the coordinator has 500 requests of this kind to answer first" } as const;
const signal = () => new AbortController().signal;

/** How long a joiner waits after each of these outcomes, in milliseconds. */
async function waits(outcomes: readonly EnrollOutcome[], impatient: boolean, random = 0.5): Promise<number[]> {
	const slept: number[] = [];
	const left = [...outcomes];
	const joiner = createJoiner({
		enroll: async () => left.shift() as EnrollOutcome,
		clock: { monotonic: () => 0, wall: () => 0, sleep: async (ms: number) => void slept.push(ms) } as never,
		log: { info() {}, warn() {}, error() {}, debug() {} },
		random: () => random,
		facts: async () => machineFacts({ bootId: BOOT }),
		identity: { current: () => OWN, signers: () => BY.signers } as unknown as BootIdentity,
		running: () => undefined,
		token: () => "t",
		dropToken: () => {},
	});
	for (const _ of outcomes) await joiner.attempt(signal(), impatient);
	return slept;
}

const turnedAway = (afterMs?: number): EnrollOutcome => ({
	ok: false,
	problem: BUSY,
	wait: "short",
	...(afterMs === undefined ? {} : { afterMs }),
});

const answering = (t: ExecutionContext, status: number, headers: Record<string, string>) =>
	serve(t, (_, response) => void response.writeHead(status, headers).end(JSON.stringify(BUSY)));

test("a coordinator that has too much to do says when to come back, and nothing else does", async (t) => {
	const ask = async (status: number, headers: Record<string, string>) =>
		createEnroll([(await answering(t, status, headers)).url])(CLAIM, BY, signal());
	t.like(await ask(503, { "retry-after": "7" }), { ok: false, wait: "short", afterMs: 7_000 });
	for (const text of ["soon", "-1", "1e9", "12345678", "Sat, 28 Nov 2026 22:00:00 GMT"])
		t.false("afterMs" in (await ask(503, { "retry-after": text })), text);
	t.false("afterMs" in (await ask(409, { "retry-after": "7" })));
	const busy = (await answering(t, 503, { "retry-after": "7" })).url;
	const following = (await answering(t, 503, {})).url;
	t.like(await createEnroll([busy, following])(CLAIM, BY, signal()), { afterMs: 7_000 });
});

test("an agent comes back when it was told to, spread over a second, each time alike, and not after a minute", async (t) => {
	t.deepEqual(await waits([turnedAway(7_000), turnedAway(7_000), turnedAway(7_000)], false), [7_500, 7_500, 7_500]);
	t.deepEqual(await waits([turnedAway(7_000)], false, 0), [7_000]);
	t.deepEqual(await waits([turnedAway(900_000)], false), [60_500]);
	// Who runs something already tries the bus again soon.
	t.deepEqual(await waits([turnedAway(30_000)], true), [5_500]);
	const [first = 0, second = 0] = await waits([turnedAway(), turnedAway()], false);
	t.true(first < second && second <= 1_000);
});
