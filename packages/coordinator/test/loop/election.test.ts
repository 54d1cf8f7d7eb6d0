import test from "ava";
import { LogBeyond } from "../../src/errors.ts";
import { takeTheLead } from "../../src/loop/election.ts";
import type { LoopParts } from "../../src/loop/parts.ts";
import { AT, anotherWay, entries, reading } from "./reading.ts";

const CANDIDATE = {
	clock: { now: () => AT, monotonic: () => 0 },
	coordinatorId: "own",
	url: () => "http://own",
	beginning: async () => ({ hadLog: false, adminTokenHash: `sha256:${"0".repeat(64)}` }),
	trust: async () => ({ authorities: [], signers: [] }),
	failpoint: () => {},
	watcher: { onTrouble: () => {} },
} as unknown as LoopParts;

test("nobody is elected behind another entry than the last one that he read, also where the log ends at the same place", async (t) => {
	const stored = entries(3);
	const { reader, ledger, log } = reading(stored);
	await reader.open();
	await reader.catchUp(log);
	anotherWay(stored, 2, 3);
	t.is(await takeTheLead(log, { parts: CANDIDATE, ledger, reader }), undefined);
	t.is(stored.size, 3);
});

test("where an election cannot be read back nothing is appended, and it is said what a person does", async (t) => {
	const stored = entries(3);
	const { reader, ledger, log } = reading(stored);
	await reader.open();
	await reader.catchUp(log);
	const parts = { ...CANDIDATE, clock: { ...CANDIDATE.clock, now: () => Number.NaN } };
	await t.throwsAsync(takeTheLead(log, { parts, ledger, reader }), {
		instanceOf: LogBeyond,
		message: /begin another log without it/,
	});
	t.is(stored.size, 3);
});
