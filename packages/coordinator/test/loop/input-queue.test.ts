import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import type { Answer, Input } from "../../src/domain/inputs.ts";
import { InputQueue } from "../../src/loop/input-queue.ts";

const queue = () => new InputQueue({ sleep: async () => {} });
const joining = (number: number): Input => ({ kind: "enroll", remote: String(number) }) as Input;
const asking = (number: number): Input => ({ kind: "bye", machineId: `m-${number}` as MachineId }) as Input;
const kinds = (taken: readonly { input: Input }[]) => Map.groupBy(taken, ({ input }) => input.kind);

test("who has joined does not wait for all who join: one turn takes a share of those, and all others behind them", (t) => {
	const inputs = queue();
	for (let number = 0; number < 1_000; number++) void inputs.submit(joining(number));
	for (let number = 0; number < 20; number++) void inputs.submit(asking(number));
	const taken = kinds(inputs.take());
	t.is(taken.get("bye")?.length, 20);
	t.true((taken.get("enroll")?.length ?? 0) > 0);
	t.true((taken.get("enroll")?.length ?? 0) < 100);
});

test("those who join are not kept waiting by others who come later, and each is taken once, in order", (t) => {
	const inputs = queue();
	const seen: Input[] = [];
	for (let number = 0; number < 300; number++) void inputs.submit(joining(number));
	while (inputs.size > 0) {
		const waitsFirst = seen.filter(({ kind }) => kind === "enroll").length;
		for (let number = 0; number < 300 && seen.length < 2_000; number++) void inputs.submit(asking(number));
		const taken = inputs.take().map(({ input }) => input);
		if (waitsFirst < 300) t.true(taken.some(({ kind }) => kind === "enroll"));
		seen.push(...taken);
	}
	const joined = seen.flatMap((input) => (input.kind === "enroll" ? Number(input.remote) : []));
	t.deepEqual(
		joined,
		Array.from({ length: 300 }, (_, number) => number),
	);
});

test("nothing comes of an input for whose answer nobody waits, and it takes nobody's place", async (t) => {
	const inputs = queue();
	const answers: Promise<Answer>[] = [];
	for (let number = 0; number < 500; number++) answers.push(inputs.submit(joining(number), undefined, () => true));
	void inputs.submit(joining(500), undefined, () => false);
	void inputs.submit(asking(501));
	t.deepEqual(
		inputs.take().map(({ input }) => input.kind),
		["enroll", "bye"],
	);
	t.is(inputs.size, 0);
	for (const answer of await Promise.all(answers)) t.like(answer, { kind: "problem", problem: { code: "not-ready" } });
});

test("each wait ends with the first input that comes, one after the other, and by itself where none comes", async (t) => {
	const slept: string[] = [];
	const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
		new Promise((resolve) => {
			if (signal.aborted) slept.push("not at all");
			if (signal.aborted || ms === 0) return resolve();
			signal.addEventListener("abort", () => {
				slept.push("woken");
				resolve();
			});
		});
	const inputs = new InputQueue({ sleep });
	for (let round = 0; round < 3; round++) {
		await inputs.next(0);
		const waiting = inputs.next(60_000);
		void inputs.submit(asking(round));
		void inputs.submit(asking(round));
		await waiting;
		t.is(inputs.take().length, 2);
	}
	void inputs.submit(asking(3));
	await inputs.next(60_000);
	inputs.take();
	await inputs.next(0);
	t.deepEqual(slept, ["woken", "woken", "woken"]);
});
