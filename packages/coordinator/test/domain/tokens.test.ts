import { type EventDraft, sha256Of } from "@rollcall/protocol";
import test from "ava";
import { createToken, revokeToken } from "../../src/domain/admit/tokens.ts";
import { apply } from "../../src/domain/apply.ts";
import { EMPTY_FLEET, type Fleet, MAX_TOKENS, MIN_TOKEN_SWEEP } from "../../src/domain/fleet.ts";
import { record } from "../../src/domain/record.ts";

const HOUR = 3_600_000;

/** An enroll token that ends at `expiresAt`, or an admin token that never does. */
function tokenOf(tokenId: string, expiresAt?: number): Extract<EventDraft, { type: "token-created" }> {
	const life = expiresAt === undefined ? { scope: "admin" as const } : { scope: "enroll" as const, expiresAt };
	return { type: "token-created", tokenId, hash: sha256Of(tokenId), labels: {}, by: "test", ...life };
}

function withTokens(fleet: Fleet, { count, expiresAt, at }: { count: number; expiresAt: number; at: number }): Fleet {
	const drafts = Array.from({ length: count }, (_, index) => tokenOf(`t-${at}-${index}`, expiresAt));
	return record(fleet, drafts, at).events.reduce(apply, fleet);
}

test("tokens that are over for long are forgotten when there are many; a revoked one without an end stays revoked", (t) => {
	let fleet = record(
		EMPTY_FLEET,
		[tokenOf("admin-token"), { type: "token-revoked", tokenId: "admin-token", by: "test" }],
		0,
	).events.reduce(apply, EMPTY_FLEET);
	fleet = withTokens(fleet, { count: MIN_TOKEN_SWEEP - 1, expiresAt: 1_000, at: 1 });
	t.is(fleet.tokens.size, MIN_TOKEN_SWEEP);
	fleet = withTokens(fleet, { count: 1, expiresAt: 3 * HOUR, at: 2 * HOUR });
	t.is(fleet.tokens.size, 2);
	t.is(fleet.tokenByHash.size, 2);
	t.true(fleet.tokens.get("admin-token")?.revoked);
});

test("a coordinator that is full of tokens makes new ones again once the old ones are over", (t) => {
	const full = withTokens(EMPTY_FLEET, { count: MAX_TOKENS, expiresAt: 1_000, at: 1 });
	t.is(full.tokens.size, MAX_TOKENS);
	const { type: _type, ...wish } = tokenOf("another", 3 * HOUR);
	const ask = (at: number) => createToken(full, { kind: "create-token", ...wish, scope: "enroll" }, at);
	t.like(ask(2).answer, { kind: "problem", problem: { code: "too-many-requests" } });
	const later = ask(2 * HOUR);
	t.like(later.answer, { kind: "ok" });
	t.is(record(full, later.events, 2 * HOUR).fleet.tokens.size, 1);
});

test("used tokens give way when there are too many, the oldest first, and never an operator's that is good", (t) => {
	let full = withTokens(EMPTY_FLEET, { count: MAX_TOKENS - 1, expiresAt: HOUR, at: 1 });
	const usedBy = { machineId: "m-1", bootId: "b", publicKey: "k" } as never;
	full = { ...full, tokens: full.tokens.map((token) => ({ ...token, usedBy })) };
	full = record(full, [tokenOf("good", HOUR)], 2).fleet;
	const { type: _type, ...wish } = tokenOf("another", HOUR);
	const asked = createToken(full, { kind: "create-token", ...wish, scope: "enroll" }, 3);
	t.like(asked.answer, { kind: "ok" });
	const after = record(full, asked.events, 3).fleet;
	t.is(after.tokens.size, MAX_TOKENS - MAX_TOKENS / 4 + 1);
	t.true(after.tokens.has("good") && after.tokens.has("another"));
});

test("the last token with the scope admin is revoked by force alone, and one in a file counts unless the log has it", (t) => {
	const admins = record(EMPTY_FLEET, [tokenOf("a"), tokenOf("b"), tokenOf("e", HOUR)], 1).fleet;
	const revoke = (fleet: Fleet, tokenId: string, more: object = {}) =>
		revokeToken(fleet, { kind: "revoke-token", tokenId, by: "test", ...more }, 2);
	const one = record(admins, revoke(admins, "a").events, 2).fleet;
	const refused = revoke(one, "b").answer;
	t.like(refused, { kind: "problem", problem: { code: "conflict", path: "tokenId" } });
	t.is(revoke(one, "e").events.length, 1, "an enroll token is none");
	t.is(revoke(one, "b", { force: true }).events.length, 1);
	t.is(revoke(one, "b", { ownHash: sha256Of("in a file") }).events.length, 1);
	t.like(revoke(one, "b", { ownHash: sha256Of("b") }).answer, { kind: "problem" });
	t.like(revoke(one, "b", { ownHash: sha256Of("a") }).answer, { kind: "problem" }, "the file's own was revoked");
});

test("a token that an earlier version recorded with the scope read is a viewer's", (t) => {
	const fleet = record(EMPTY_FLEET, [{ ...tokenOf("old"), scope: "read" }], 1).fleet;
	t.is(fleet.tokens.get("old")?.scope, "viewer");
});
