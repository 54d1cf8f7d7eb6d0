import { type Digest, sha256Of, type Trust } from "@rollcall/protocol";
import test from "ava";
import { AUTHORITY_LIFE_MS } from "../../src/domain/certificates/authority-life.ts";
import { dueRenewal, keysInUse, mustRewrite, nextStep, rotated } from "../../src/domain/certificates/rotation.ts";
import { START, Story } from "./story.ts";
import { trustFrom } from "./trust-from.ts";

const TENTH = AUTHORITY_LIFE_MS / 10;

test("authorities are renewed when a tenth of their life is left, sign then, and are believed until their end", (t) => {
	const old = trustFrom(START);
	const end = START + AUTHORITY_LIFE_MS;
	t.is(dueRenewal(old, START), undefined);
	t.is(dueRenewal(old, end - TENTH - 1), undefined);
	const due = dueRenewal(old, end - TENTH);
	t.is(due?.step, "prepare");
	t.regex(
		due?.reason ?? "",
		/^the authorities end on 20\d\d-\d\d-\d\d, and others take their place \(authorities: prepare\)$/,
	);
	const both = rotated(old, "authorities", trustFrom(end - TENTH));
	t.is(dueRenewal(both, end - TENTH)?.step, "sign");
	const signs = rotated(both, "authorities", both);
	t.is(dueRenewal(signs, end - 1), undefined);
	t.is(dueRenewal(signs, end)?.step, "finish");
	const last = rotated(signs, "authorities", signs);
	t.is(dueRenewal(last, end), undefined);
	t.deepEqual(last.authorities, trustFrom(end - TENTH).authorities);
});

test("a change that an operator began with young authorities is the operator's to go on with", (t) => {
	const both = rotated(trustFrom(START), "authorities", trustFrom(START + 1));
	t.is(dueRenewal(both, START + 2), undefined);
	t.is(dueRenewal(rotated(both, "authorities", both), START + 2), undefined);
});

/** A fleet whose trust is this, and what was said to changes of it. */
function believing(trust: Trust) {
	const story = new Story();
	story.record([{ type: "trust-changed", trust, reason: "the fleet's own keys" }]);
	const change = (to: Trust) =>
		story.take({ kind: "change-trust", trust: to, after: story.fleet.trust?.seq ?? 0, reason: "a test" });
	const rewritten = (key: Digest) => story.take({ kind: "secrets-rewritten", key, secrets: 3 });
	const now = () => story.fleet.trust?.trust ?? trust;
	const step = () => change(rotated(now(), "secrets", trustFrom(story.fleet.seq)));
	return { story, change, rewritten, now, step };
}

test("the old key of Secrets goes only after all were written anew with the one that writes now", (t) => {
	const { story, change, rewritten, now, step } = believing(trustFrom(START));
	const old = now().encryption;
	t.is(step().kind, "ok");
	t.deepEqual([now().encryption, now().encryptionKeys?.length], [old, 2]);
	t.false(mustRewrite(story.fleet));
	rewritten(old);
	t.is(step().kind, "ok");
	t.not(now().encryption, old);
	t.true(mustRewrite(story.fleet));
	const refused = step();
	t.regex(refused.kind === "problem" ? refused.problem.message : "", /still be encrypted with the old key/);
	// What another key wrote says nothing; nor can the key be forgotten by a detour.
	rewritten(old);
	t.true(mustRewrite(story.fleet));
	t.is(change({ ...trustFrom(START + 5), encryption: sha256Of("detour") }).kind, "problem");
	rewritten(now().encryption);
	rewritten(now().encryption);
	t.is(story.all("secrets-rewritten").length, 1);
	t.is(nextStep(now(), "secrets"), "finish");
	t.is(step().kind, "ok");
	t.is(now().encryptionKeys, undefined);
	t.is(nextStep(now(), "secrets"), "prepare");
	// The next change begins anew: that these were written once is no word about the next key.
	step();
	step();
	t.true(mustRewrite(story.fleet));
});

test("the old key of Secrets stays while a snapshot of etcd may hold what only it can read", (t) => {
	const { story, rewritten, now, step } = believing(trustFrom(START));
	const old = now().encryption;
	const snapshot = (revision: number) => {
		const content = { sha256: sha256Of(`content ${revision}`), sizeBytes: 1 };
		const named = { sha256: sha256Of(`snapshot ${revision}`), sizeBytes: 1, content, takenAt: START + revision };
		const taken = { ...named, revision, cluster: "lab", secretsKeys: [...keysInUse(story.fleet)] };
		story.record([{ type: "etcd-snapshots-found", snapshots: [taken] }]);
		return taken;
	};
	step();
	const before = snapshot(1);
	step();
	const between = snapshot(2);
	t.deepEqual(between.secretsKeys, [old, now().encryption]);
	rewritten(now().encryption);
	const after = snapshot(3);
	t.deepEqual(after.secretsKeys, [now().encryption]);
	// What was found last stands first.
	for (const needed of [between, before]) {
		const refused = step();
		const { message, next } = refused.kind === "problem" ? refused.problem : { message: "", next: "" };
		t.true(message.includes(`revision ${needed.revision}`), message);
		t.true(next?.includes(needed.sha256.slice(7, 19)), next);
		t.deepEqual(now().encryptionKeys?.length, 2);
		story.record([{ type: "etcd-snapshots-pruned", snapshots: [needed.sha256] }]);
	}
	t.is(step().kind, "ok");
	t.is(now().encryptionKeys, undefined);
});

test("keys are not changed while a lost log is being rebuilt", (t) => {
	const story = new Story();
	story.record([
		{ type: "log-started", recovering: true, recoverUntil: START + 15_000 },
		{ type: "trust-changed", trust: trustFrom(START), reason: "the fleet's own keys" },
	]);
	const trust = rotated(trustFrom(START), "authorities", trustFrom(START + 1));
	const ask = () => story.take({ kind: "change-trust", trust, after: story.fleet.trust?.seq ?? 0, reason: "a test" });
	const refused = ask();
	if (refused.kind !== "problem") return t.fail();
	t.is(refused.problem.code, "not-ready");
	t.regex(refused.problem.message, /lost its log, and until 20\d\d-.*Z machines prove what they hold/);
	t.regex(refused.problem.next ?? "", /^ask again after 20/);
	story.pass(15);
	t.is(ask().kind, "ok");
});
