import { API_SCOPES, type ApiScope, ownValue, type Reach } from "@rollcall/protocol";

/** What a claim of a person's token gives him. */
export interface RightByClaim {
	readonly claim: string;
	readonly value: string;
	readonly scope: ApiScope;
	readonly reach?: Reach | undefined;
}

/** The rights of a person by the claims of his token: the largest scope that one of them gives, the first of equal ones. Undefined: none. */
export function rightsOf(
	claims: Readonly<Record<string, unknown>>,
	rights: readonly RightByClaim[],
): { readonly scope: ApiScope; readonly reach?: Reach } | undefined {
	const fitting = rights.filter(({ claim, value }) => {
		const held = ownValue(claims, claim);
		return Array.isArray(held) ? held.includes(value) : held === value;
	});
	const [best] = fitting.sort((a, b) => API_SCOPES.indexOf(b.scope) - API_SCOPES.indexOf(a.scope));
	if (!best) return undefined;
	const { scope, reach } = best;
	return scope === "admin" || !reach ? { scope } : { scope, reach };
}

/** The name of a person for events: the claim, where it is printable and not too long. An address counts only where the provider checked it. */
export function nameOf(claims: Readonly<Record<string, unknown>>, nameClaim: string): string | undefined {
	if (nameClaim === "email" && claims.email_verified === false) return undefined;
	const name = ownValue(claims, nameClaim);
	return typeof name === "string" && /^[\x21-\x7e]{1,120}$/.test(name) ? `oidc:${name}` : undefined;
}
