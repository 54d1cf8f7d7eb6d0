import { hash, timingSafeEqual } from "node:crypto";
import type { Mac, Timestamp } from "@rollcall/protocol";
import type { SignedToken } from "../../domain/inputs.ts";
import { bootHmac } from "./boot-hmac.ts";
import type { BootGrant } from "./boot-token.ts";

/** How long an enrollment token outlives its boot token: from Ignition's fetch to the agent's first word, in milliseconds. */
const AFTER_BOOT_TOKEN_MS = 600_000;

/** The id under which a boot is known once its enrollment token was used. */
export function enrollTokenId(bootToken: string): string {
	return `boot-${idOf(bootToken).toString("hex")}`;
}

/**
 * Makes the enrollment token of a boot: its id, the MAC, its end and an HMAC-SHA-256 over them. It follows from the boot token
 * alone, so that a machine that lost the answer gets the same one again, and nothing is stored for somebody who only asks.
 */
export function makeEnrollToken(key: Uint8Array, bootToken: string, grant: BootGrant): string {
	const text = [
		"e1",
		(grant.expiresAt + AFTER_BOOT_TOKEN_MS).toString(36),
		idOf(bootToken).toString("base64url"),
		grant.mac.replaceAll(":", ""),
	].join(".");
	return `${text}.${sign(key, text)}`;
}

/** What an enrollment token of ours says; undefined for any other. Whether it has ended or was used is for the domain to say. */
export function readEnrollToken(key: Uint8Array, token: string): SignedToken | undefined {
	const parts = token.split(".");
	const [version, expiry = "", id = "", mac = ""] = parts;
	if (version !== "e1" || parts.length !== 5) return undefined;
	const signature = Buffer.from(parts.at(-1) ?? "");
	const expected = Buffer.from(sign(key, parts.slice(0, -1).join(".")));
	if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return undefined;
	return {
		tokenId: `boot-${Buffer.from(id, "base64url").toString("hex")}`,
		mac: (mac.match(/../g)?.join(":") ?? "") as Mac,
		expiresAt: Number.parseInt(expiry, 36) as Timestamp,
	};
}

function idOf(bootToken: string): Buffer {
	return hash("sha256", bootToken, "buffer").subarray(0, 16);
}

function sign(key: Uint8Array, text: string): string {
	return bootHmac(key, "enrollment token", text);
}
