import { sha256Of } from "@rollcall/protocol";
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import type { OidcConfig } from "../../config.ts";
import { nameOf, rightsOf } from "../../domain/sign-in.ts";
import { SignInRefused } from "../../errors.ts";
import type { People, Person } from "../../ports/people.ts";
import { boundedFetch } from "./bounded-fetch.ts";

/** Signatures that are taken. No shared secret is among them. */
const ALGORITHMS = [
	"RS256",
	"RS384",
	"RS512",
	"PS256",
	"PS384",
	"PS512",
	"ES256",
	"ES384",
	"ES512",
	"EdDSA",
	"Ed25519",
];
/** So far may the clocks of provider and coordinator be apart. Seconds. */
const CLOCKS_APART = 30;
/** Verified tokens that are remembered, so that a stream of requests costs one verification. */
const MOST_REMEMBERED = 1024;
/** After it could not be reached, the provider is left alone for so long. Milliseconds. */
const LEFT_ALONE_MS = 5_000;
/** Keys are read again after so long, and for an unknown key at most so often. Milliseconds. */
const KEYS_AGE_MS = 600_000;
const KEYS_AGAIN_MS = 30_000;

const LOGIN = "sign in again: rollcall login";
/** What is used of OpenID Connect Discovery 1.0, section 3. */
const Description = z.looseObject({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

interface Parts {
	readonly clock: { wall(): number; monotonic(): number };
}

/** People who sign in with an OpenID provider: its ID tokens are verified with its own keys, which are fetched when they are needed first. */
export function oidcPeople(config: OidcConfig, { clock }: Parts): People {
	const { issuer, clientId, scopes } = config;
	const known = new Map<string, Person>();
	let keys: Promise<JWTVerifyGetKey> | undefined;
	let failedAt = Number.NEGATIVE_INFINITY;
	const keysOf = (): Promise<JWTVerifyGetKey> => {
		if (clock.monotonic() - failedAt < LEFT_ALONE_MS) throw unreachable(issuer, "it could not be reached just now");
		keys ??= findKeys(issuer).catch((error: unknown) => {
			keys = undefined;
			failedAt = clock.monotonic();
			throw unreachable(issuer, reasonOf(error));
		});
		return keys;
	};
	return {
		login: { issuer, clientId, scopes: [...scopes] },
		async verify(token) {
			const digest = sha256Of(token);
			const before = known.get(digest);
			if (before && before.until > clock.wall()) return before;
			known.delete(digest);
			const getKey = await keysOf();
			const { payload } = await jwtVerify(token, getKey, {
				issuer,
				audience: clientId,
				algorithms: ALGORITHMS,
				clockTolerance: CLOCKS_APART,
				requiredClaims: ["exp", "iat", "sub"],
				currentDate: new Date(clock.wall()),
			}).catch((error: unknown) => {
				throw refusalOf(error, config);
			});
			const person = personOf(payload, config, clock.wall());
			if (known.size >= MOST_REMEMBERED) known.delete(known.keys().next().value ?? "");
			known.set(digest, person);
			return person;
		},
	};
}

async function findKeys(issuer: string): Promise<JWTVerifyGetKey> {
	const response = await boundedFetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
	if (!response.ok) throw new Error(`it answers ${response.status} instead of its description`);
	const description = Description.parse(await response.json());
	// As OpenID Connect Discovery 1.0, section 4.3, demands.
	if (description.issuer !== issuer) throw new Error(`it calls itself ${description.issuer}`);
	if (issuer.startsWith("https:") && !description.jwks_uri.startsWith("https:"))
		throw new Error("its keys are not at https");
	return createRemoteJWKSet(new URL(description.jwks_uri), {
		timeoutDuration: 5_000,
		cooldownDuration: KEYS_AGAIN_MS,
		cacheMaxAge: KEYS_AGE_MS,
		[customFetch]: boundedFetch,
	});
}

function personOf(claims: JWTPayload, { nameClaim, rights, clientId }: OidcConfig, wall: number): Person {
	const { aud, azp, iat = 0, exp = 0 } = claims;
	if (iat * 1000 > wall + CLOCKS_APART * 1000)
		throw new SignInRefused(
			"unauthorized",
			`the token was made ${Math.round(iat - wall / 1000)} s in the future: the clocks of provider and coordinator differ`,
			"set both clocks right",
		);
	// OpenID Connect Core 1.0, section 3.1.3.7: with several audiences it says whom it was made for.
	if ((Array.isArray(aud) && aud.length > 1 && azp === undefined) || (azp !== undefined && azp !== clientId))
		throw new SignInRefused("unauthorized", `the token was made for another client than ${clientId}`, LOGIN);
	const name = nameOf(claims, nameClaim);
	if (name === undefined)
		throw new SignInRefused(
			"unauthorized",
			`the token has no usable claim ${nameClaim}`,
			"have the provider put it into ID tokens, or name another with oidc.nameClaim of the coordinator's configuration",
		);
	const found = rightsOf(claims, rights);
	if (found) return { name, until: exp * 1000, ...found };
	throw new SignInRefused(
		"forbidden",
		`${name} has no right here: nothing in oidc.rights fits the claims of his token`,
		"ask an administrator for a group or claim that oidc.rights of the coordinator's configuration names",
	);
}

function refusalOf(error: unknown, { issuer, clientId }: OidcConfig): SignInRefused {
	if (error instanceof SignInRefused) return error;
	if (error instanceof errors.JWTExpired) {
		const ended = new Date((error.payload.exp ?? 0) * 1000).toISOString();
		return new SignInRefused("token-expired", `the token has expired: it was good until ${ended}`, LOGIN);
	}
	if (error instanceof errors.JWTClaimValidationFailed) {
		if (error.claim === "aud")
			return new SignInRefused("unauthorized", `the token is for another audience than ${clientId}`, LOGIN);
		if (error.claim === "iss")
			return new SignInRefused("unauthorized", `the token is by another issuer than ${issuer}`, LOGIN);
		if (error.claim === "nbf")
			return new SignInRefused(
				"unauthorized",
				"the token is not good yet: the clocks of provider and coordinator differ",
				"set both clocks right",
			);
		return new SignInRefused("unauthorized", `the token lacks a good claim ${error.claim}`, LOGIN);
	}
	if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed)
		return new SignInRefused("unauthorized", `the token is not signed by ${issuer}`, LOGIN);
	const isTokens =
		error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout || error.code === "ERR_JOSE_GENERIC");
	if (isTokens) return new SignInRefused("unauthorized", "the token cannot be read", LOGIN);
	return unreachable(issuer, reasonOf(error));
}

function unreachable(issuer: string, reason: string): SignInRefused {
	return new SignInRefused(
		"not-ready",
		`the provider ${issuer} cannot be asked: ${reason}`.slice(0, 512),
		"try again in a few seconds, or use a token",
	);
}

function reasonOf(error: unknown): string {
	const { message, cause } = error as { message: string; cause?: { code?: string; message?: string } };
	return cause?.code ?? cause?.message ?? message;
}
