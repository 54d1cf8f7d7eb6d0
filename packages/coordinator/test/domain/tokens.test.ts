import { type EventDraft, sha256Of } from "@rollcall/protocol";
import test from "ava";
import { createToken } from "../../src/domain/admit/create-token.ts";
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
	const ask = (at: number) => createToken(full, { kind: "create-token", ...wish }, at);
	t.like(ask(2).answer, { kind: "problem", problem: { code: "too-many-requests" } });
	const later = ask(2 * HOUR);
	t.like(later.answer, { kind: "ok" });
	t.is(record(full, later.events, 2 * HOUR).fleet.tokens.size, 1);
});
