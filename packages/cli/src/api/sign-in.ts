import type { LoginView } from "@rollcall/protocol";
import type { Configuration, TokenEndpointResponse, TokenEndpointResponseHelpers } from "openid-client";
import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Login } from "./login-file.ts";

/** What a person has to do to sign in: open the address and type the code, or the address that has the code. */
export interface DeviceCode {
	readonly address: string;
	readonly code: string;
	readonly whole: string | undefined;
}

interface Where {
	readonly server: string;
	readonly signal: AbortSignal;
}

/** Signs a person in by the device flow (RFC 8628). `onCode` tells him what to do. Throws Failure. */
export async function signIn(
	view: LoginView,
	{ server, signal }: Where,
	onCode: (code: DeviceCode) => void,
): Promise<Login> {
	const client = await import("openid-client");
	try {
		const provider = await discover(view);
		const device = await client.initiateDeviceAuthorization(provider, { scope: view.scopes.join(" ") });
		onCode({
			address: device.verification_uri,
			code: device.user_code,
			whole: device.verification_uri_complete,
		});
		const tokens = await client.pollDeviceAuthorizationGrant(provider, device, undefined, { signal });
		return loginOf(tokens, { server, ...view });
	} catch (error) {
		throw failureOf(error, view.issuer);
	}
}

/** The next token of somebody who signed in. Throws Failure. */
export async function renewed(login: Login): Promise<Login> {
	const { issuer, clientId, refreshToken } = login;
	if (refreshToken === undefined) throw ended(login);
	const client = await import("openid-client");
	try {
		const provider = await discover({ issuer, clientId });
		const tokens = await client.refreshTokenGrant(provider, refreshToken);
		return { ...loginOf(tokens, login), refreshToken: tokens.refresh_token ?? refreshToken };
	} catch (error) {
		if (error instanceof client.ResponseBodyError && error.error === "invalid_grant") throw ended(login);
		throw failureOf(error, issuer);
	}
}

async function discover({ issuer, clientId }: { issuer: string; clientId: string }): Promise<Configuration> {
	const client = await import("openid-client");
	const url = new URL(issuer);
	// The coordinator takes plain HTTP on its own host alone; so do we.
	const isHere = url.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
	const options = isHere ? { execute: [client.allowInsecureRequests] } : {};
	return client.discovery(url, clientId, { token_endpoint_auth_method: "none" }, client.None(), options);
}

function loginOf(
	tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
	{ server, issuer, clientId }: { server: string; issuer: string; clientId: string },
): Login {
	const { id_token: idToken, refresh_token: refreshToken } = tokens;
	const ends = tokens.claims()?.exp;
	if (idToken === undefined || ends === undefined)
		throw new Failure(`${issuer} gave no ID token`, { next: "have `openid` among oidc.scopes of the coordinator" });
	return { server, issuer, clientId, idToken, endsAt: ends * 1000, ...(refreshToken ? { refreshToken } : {}) };
}

function ended({ issuer }: Login): Failure {
	return new Failure(`the login at ${issuer} is over`, { next: "sign in again: rollcall login", code: "unauthorized" });
}

function failureOf(error: unknown, issuer: string): Failure {
	if (error instanceof Failure) return error;
	const {
		error: code,
		error_description: text,
		message,
		cause,
	} = error as {
		error?: string;
		error_description?: string;
		message: string;
		cause?: { message?: string; code?: string };
	};
	if (code === "access_denied") return new Failure(`${issuer} did not let you in: access was denied`);
	if (code === "expired_token")
		return new Failure(`${issuer}: nobody signed in in time`, { next: "rollcall login", exit: EXIT.timeout });
	const reason = text ?? code ?? cause?.code ?? cause?.message ?? message;
	return new Failure(`signing in at ${issuer} failed: ${reason}`, { next: "rollcall login", cause: error });
}
