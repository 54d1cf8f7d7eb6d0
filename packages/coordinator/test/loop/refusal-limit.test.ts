import type { EventDraft } from "@rollcall/protocol";
import test from "ava";
import { limitRefusals } from "../../src/loop/refusal-limit.ts";

const refused: EventDraft = { type: "enrollment-refused", reason: "no such token", remote: "192.0.2.1" };
const other: EventDraft = { type: "log-started", recovering: false, recoverUntil: 0 };

test("refused enrollments are recorded up to a number per minute, everything else always", (t) => {
	const keep = limitRefusals(3);
	const kept = [0, 1, 2, 3, 59_999].map((at) => keep(refused, at));
	t.deepEqual(kept, [true, true, true, false, false]);
	t.true(keep(other, 59_999));
	t.true(keep(refused, 60_000));
});

test("refusals of one kind do not keep those of another from being recorded", (t) => {
	const keep = limitRefusals(1);
	t.true(keep(refused, 0));
	t.false(keep(refused, 0));
	t.true(keep({ type: "boot-refused", stage: "ignition", reason: "used before", remote: "192.0.2.1" }, 0));
});
