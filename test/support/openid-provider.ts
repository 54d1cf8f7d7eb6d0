import type { Server } from "node:http";
import { freePort } from "@rollcall/test-support/free-port";
import type { Scope } from "@rollcall/test-support/own-folder";
import Provider from "oidc-provider";

/** A real OpenID provider with the device flow, where anybody may sign in by his name alone; `alice` is of the group `ops`. */
export interface OpenIdProvider {
	readonly issuer: string;
	readonly clientId: string;
	/** Signs somebody in and agrees, as a browser at the address that the command shows. Returns the last page. */
	browse(address: string, name: string): Promise<string>;
}

export async function openIdProvider(t: Scope, idTokenSeconds = 3600): Promise<OpenIdProvider> {
	const port = await freePort();
	const issuer = `http://127.0.0.1:${port}`;
	const clientId = "rollcall";
	const provider = new Provider(issuer, {
		clients: [
			{
				client_id: clientId,
				token_endpoint_auth_method: "none",
				application_type: "native",
				grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
				redirect_uris: [],
				response_types: [],
			},
		],
		features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
		scopes: ["openid", "offline_access"],
		claims: { openid: ["sub", "groups"] },
		conformIdTokenClaims: false,
		cookies: { keys: ["of a test"] },
		ttl: { IdToken: idTokenSeconds, DeviceCode: 300, Interaction: 300, Session: 300, Grant: 3600, RefreshToken: 3600 },
		findAccount: (_context, sub) => ({
			accountId: sub,
			claims: () => ({ sub, groups: sub === "alice" ? ["staff", "ops"] : ["staff"] }),
		}),
	});
	const server = await new Promise<Server>((resolve) => {
		const listening: Server = provider.listen(port, "127.0.0.1", () => resolve(listening));
	});
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	return { issuer, clientId, browse: (address, name) => browse(address, { login: name, password: "x" }) };
}

/** Follows redirections and sends each page's first form, until a page has none. */
async function browse(address: string, fields: Readonly<Record<string, string>>): Promise<string> {
	const cookies = new Map<string, string>();
	let next: { url: string; form?: URLSearchParams } = { url: address };
	for (let pages = 0; pages < 20; pages += 1) {
		const cookie = [...cookies].map(([key, value]) => `${key}=${value}`).join("; ");
		const { url, form } = next;
		const answer = await fetch(url, {
			redirect: "manual",
			headers: { cookie },
			...(form ? { method: "POST", body: form } : {}),
		});
		for (const set of answer.headers.getSetCookie()) {
			const [, key = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
			cookies.set(key, value);
		}
		const location = answer.headers.get("location");
		const page = await answer.text();
		if (location !== null) {
			next = { url: new URL(location, url).href };
			continue;
		}
		const found = firstForm(page, fields);
		if (!found) return page;
		next = { url: new URL(found.action, url).href, form: found.values };
	}
	throw new Error("the provider asks for ever");
}

function firstForm(page: string, fields: Readonly<Record<string, string>>) {
	const [, head = "", body = ""] = /<form([^>]*)>(.*?)<\/form>/s.exec(page) ?? [];
	const action = /action="([^"]*)"/.exec(head)?.[1];
	if (action === undefined) return undefined;
	const values = new URLSearchParams();
	for (const [input] of body.matchAll(/<(?:input|button)[^>]*>/g)) {
		const name = /name="([^"]*)"/.exec(input)?.[1];
		if (name !== undefined) values.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? fields[name] ?? "");
	}
	return { action, values };
}
