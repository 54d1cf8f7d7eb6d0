import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { oidcPeople, SignInRefused } from "@rollcall/coordinator/parsers";
import { bytesOf, holds, type Parser, refused, TAKEN, textOf } from "../parser.ts";

const NOW = 1_793_606_400;
const RIGHTS = [{ claim: "groups", value: "staff", scope: "viewer" as const }];
const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const { x = "", y = "" } = publicKey.export({ format: "jwk" });

/** What the provider says now; it listens where its issuer is, in this process alone. */
const says = { description: "", keys: "" };
const server = createServer((request, response) => {
	response.end(request.url === "/keys" ? says.keys : says.description);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
server.unref();
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
/** What stands in inputs for what is another one each time: the issuer's port, and the key. */
const STAND_INS = [
	["http://issuer.example", issuer],
	["x-of-the-key", x],
	["y-of-the-key", y],
] as const;
const ISSUER = STAND_INS[0][0];

function textIn(value: unknown): string {
	const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
	return STAND_INS.reduce((left, [standIn, real]) => left.replaceAll(standIn, real), text);
}

/** A JWT (RFC 7519) of the provider with these claims. */
function tokenOf(claims: unknown): string {
	const part = (text: string): string => Buffer.from(text).toString("base64url");
	const signed = `${part(JSON.stringify({ alg: "ES256", kid: "k-1" }))}.${part(textIn(claims))}`;
	const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
	return `${signed}.${signature.toString("base64url")}`;
}

const CLAIMS = {
	groups: ["staff"],
	email: "bob@example.org",
	iss: ISSUER,
	aud: "rollcall",
	sub: "1",
	iat: NOW,
	exp: NOW + 600,
};
const KEYS = { keys: [{ kty: "EC", crv: "P-256", x: "x-of-the-key", y: "y-of-the-key", kid: "k-1", alg: "ES256" }] };
const DESCRIPTION = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys`, token_endpoint: `${ISSUER}/token` };

/** An input is `{description, keys, claims, token}`: what a provider answers, and what somebody shows, signed claims or a text. */
export const SIGN_IN_PARSERS: readonly Parser[] = [
	{
		name: "oidc",
		seeds: () =>
			[
				{ description: DESCRIPTION, keys: KEYS, claims: CLAIMS },
				{ description: DESCRIPTION, keys: { keys: [] }, claims: CLAIMS },
				{ description: DESCRIPTION, keys: KEYS, claims: { ...CLAIMS, aud: ["rollcall", "other"], azp: "rollcall" } },
				{ description: DESCRIPTION, keys: KEYS, token: "a.b.c" },
			].map(bytesOf),
		async feed(bytes) {
			let input: { description?: unknown; keys?: unknown; claims?: unknown; token?: unknown } | null;
			try {
				input = JSON.parse(textOf(bytes));
			} catch {
				return refused("no scene");
			}
			says.description = textIn(input?.description);
			says.keys = textIn(input?.keys);
			const config = { issuer, clientId: "rollcall", scopes: ["openid"], nameClaim: "email", rights: RIGHTS };
			const people = oidcPeople(config, { clock: { wall: () => NOW * 1000, monotonic: () => 0 } });
			try {
				const { name, scope, until } = await people.verify(
					input?.claims === undefined ? textIn(input?.token) : tokenOf(input.claims),
				);
				const { groups, exp, aud } = (input?.claims ?? {}) as Record<string, unknown>;
				holds(name.startsWith("oidc:") && name.length <= 200, `it calls somebody ${name}`);
				holds(scope === "viewer" && [groups].flat().includes("staff"), "it gave a right that no claim has");
				holds([aud].flat().includes("rollcall"), "it took a token for somebody else");
				holds(until === Number(exp) * 1000 && until > (NOW - 60) * 1000, "it took a token that is over");
				return TAKEN;
			} catch (error) {
				if (!(error instanceof SignInRefused)) throw error;
				holds(error.message.length <= 1024, `its words are ${error.message.length} characters long`);
				return refused(error.message);
			}
		},
	},
];
