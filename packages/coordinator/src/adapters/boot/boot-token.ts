import { randomBytes, timingSafeEqual } from "node:crypto";
import type { BootRequest, Mac } from "@rollcall/protocol";
import { bootHmac } from "./boot-hmac.ts";

/** What a boot token says: which machine, until when, and what was chosen for it. */
export interface BootGrant {
	readonly mac: Mac;
	readonly uuid?: string | undefined;
	readonly group: string;
	readonly profile: string;
	/** Milliseconds since 1970. */
	readonly expiresAt: number;
}

/** A boot token that is good, or why it is not. */
export type ReadBootToken =
	| { readonly ok: true; readonly grant: BootGrant }
	| { readonly ok: false; readonly reason: string };

/**
 * Makes the token of one boot: the grant, 128 random bits and an HMAC-SHA-256 over both. The coordinator stores nothing,
 * so that asking costs it no memory and a restart in the middle of a boot does no harm; it is over when what it is exchanged for
 * was used (`enroll-token.ts`).
 */
export function makeBootToken(key: Uint8Array, grant: BootGrant): string {
	const text = [
		"b1",
		grant.expiresAt.toString(36),
		randomBytes(16).toString("base64url"),
		grant.mac.replaceAll(":", ""),
		(grant.uuid ?? "").replaceAll("-", ""),
		grant.group,
		grant.profile,
	].join(".");
	return `${text}.${sign(key, text)}`;
}

/** Reads a token that a machine presents. It must be ours, in time, and of this machine. */
export function readBootToken(
	token: string,
	context: { key: Uint8Array; request: BootRequest; now: number },
): ReadBootToken {
	const parts = token.split(".");
	const text = parts.slice(0, -1).join(".");
	const signature = Buffer.from(parts.at(-1) ?? "");
	const expected = Buffer.from(sign(context.key, text));
	const genuine = signature.length === expected.length && timingSafeEqual(signature, expected);
	const [version, expiry = "", , mac = "", uuid = "", group = "", profile = ""] = parts;
	if (!genuine || version !== "b1" || parts.length !== 8)
		return { ok: false, reason: "the boot token is not one of ours" };
	const grant: BootGrant = {
		mac: (mac.match(/../g)?.join(":") ?? "") as Mac,
		...(uuid ? { uuid: uuid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") } : {}),
		group,
		profile,
		expiresAt: Number.parseInt(expiry, 36),
	};
	if (context.now >= grant.expiresAt) return { ok: false, reason: "the boot token has expired" };
	const { request } = context;
	const other =
		(request.mac && request.mac !== grant.mac) || (grant.uuid && request.uuid && request.uuid !== grant.uuid);
	// A request that does not say who it is cannot be the machine that the token was made for.
	if (other || !request.mac) return { ok: false, reason: `the boot token was made for ${grant.mac}` };
	return { ok: true, grant };
}

function sign(key: Uint8Array, text: string): string {
	return bootHmac(key, "boot token", text);
}
