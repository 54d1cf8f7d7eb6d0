import type { Certify, CertifyReply, MachineId } from "@rollcall/protocol";
import test from "ava";
import { atMostWaiting } from "../../src/loop/answer-certify.ts";

const ID = "m-1" as MachineId;
const ORDER = {} as Certify;
const DONE: CertifyReply = { kind: "certified", certificates: [], secrets: [] };

test("more orders than may wait are refused at once, and room comes back, also after a failure", async (t) => {
	const gate = Promise.withResolvers<CertifyReply>();
	let fails = false;
	const answer = atMostWaiting(2, () => (fails ? Promise.reject(new Error("broken")) : gate.promise));
	const held = [answer(ID, ORDER), answer(ID, ORDER)];
	t.like(await answer(ID, ORDER), { kind: "problem", problem: { code: "too-many-requests", machineId: ID } });
	gate.resolve(DONE);
	t.deepEqual(await Promise.all(held), [DONE, DONE]);
	fails = true;
	await t.throwsAsync(answer(ID, ORDER), { message: "broken" });
	await t.throwsAsync(answer(ID, ORDER), { message: "broken" });
	fails = false;
	t.deepEqual(await answer(ID, ORDER), DONE);
});
